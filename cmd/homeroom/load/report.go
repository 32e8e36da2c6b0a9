package load

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a trial found. Its JSON is for scripts; times are in milliseconds.
type Report struct {
	URL     string  `json:"url"`
	Client  string  `json:"client"`
	Streams int     `json:"streams"`
	Classes int     `json:"classes"`
	Size    int     `json:"size"`
	Seconds float64 `json:"seconds"` // of posting

	Posts       Posts       `json:"posts"`
	Deliveries  Deliveries  `json:"deliveries"`
	Connections Connections `json:"connections"`
	Storm       *Storm      `json:"storm"` // null without one

	OK         bool     `json:"ok"`
	Lost       int64    `json:"lost"`         // events that a reader never got
	Doubled    int64    `json:"doubled"`      // that it got again
	OutOfOrder int64    `json:"out_of_order"` // that it got after a later one
	Wrong      int64    `json:"wrong"`        // whose content, class or id isn't what it must be
	Refused    int64    `json:"refused"`      // readers that were turned away for good
	Faults     []string `json:"faults"`       // the first of all these, in words
}

// Posts tells of the posts.
type Posts struct {
	Made       int64       `json:"made"` // and answered
	PerSecond  float64     `json:"per_second"`
	Asked      float64     `json:"asked_per_second"` // 0: as fast as they are accepted
	TriedAgain int64       `json:"tried_again"`
	Replayed   int64       `json:"replayed"` // of those, made by an attempt whose answer was lost
	Failed     int64       `json:"failed"`   // refused, or never answered
	Latency    Percentiles `json:"latency_ms"`
}

// Deliveries tells of what readers got.
type Deliveries struct {
	Events    int64       `json:"events"`
	PerSecond float64     `json:"per_second"` // while there was posting
	CaughtUp  int64       `json:"caught_up"`  // events that were made before their reader was back
	Bytes     int64       `json:"bytes"`      // received by streams, with all overhead above TCP
	Latency   Percentiles `json:"latency_ms"` // from before the POST until the event is read, where the reader was there
}

// Connections tells how readers came and went.
type Connections struct {
	Cut           int64            `json:"cut"`          // by us
	Dropped       int64            `json:"dropped"`      // by the service or the network, without a word
	DroppedSlow   int64            `json:"dropped_slow"` // of those, slow readers
	Closed        map[string]int64 `json:"closed"`       // by the service, by reason
	Failed        int64            `json:"failed"`       // attempts that opened no stream
	Reconnected   int64            `json:"reconnected"`  //
	Stalls        int64            `json:"stalls"`       // of slow readers
	Resyncs       int64            `json:"resyncs"`      // cursors that could not be honoured
	ConnectTime   Percentiles      `json:"connect_ms"`   // dialled to ready
	ReconnectTime Percentiles      `json:"reconnect_ms"` // dialled to ready, coming back
	AwayTime      Percentiles      `json:"away_ms"`      // connection lost to ready
	CatchUpTime   Percentiles      `json:"catch_up_ms"`  // ready to having what there was
}

// Storm tells how all came back at once. Times count from when they might.
type Storm struct {
	Streams       int64       `json:"streams"`
	Back          int64       `json:"back"`         // that came back and have everything
	ReconnectTime Percentiles `json:"reconnect_ms"` // dialled to ready
	BackTime      Percentiles `json:"back_ms"`
	CatchUpTime   Percentiles `json:"catch_up_ms"` // until having everything
}

// report sums up.
func (t *trial) report() *Report {
	n := &t.tally
	seconds := t.posting.Seconds()
	r := &Report{
		URL: t.cfg.URL, Client: t.cfg.Client, Streams: t.cfg.Streams, Classes: t.cfg.Classes, Size: t.cfg.Size, Seconds: seconds,
		Posts: Posts{
			Made: n.posted.Load(), TriedAgain: n.retried.Load(), Replayed: n.replayed.Load(), Failed: t.faults.unposted.Load(),
			PerSecond: float64(n.postedInTime) / seconds, Asked: t.cfg.Rate, Latency: n.postTimes.percentiles(),
		},
		Deliveries: Deliveries{
			Events: n.delivered.Load(), CaughtUp: n.caughtUp.Load(), Bytes: n.bytes.Load(),
			PerSecond: float64(n.deliveredInTime) / seconds, Latency: n.latencies.percentiles(),
		},
		Connections: Connections{
			Cut: n.cut.Load(), Dropped: n.dropped.Load(), DroppedSlow: n.slowDropped.Load(), Closed: map[string]int64{},
			Failed: n.tried.Load(), Reconnected: n.connected.Load(), Stalls: n.stalls.Load(), Resyncs: n.resyncs.Load(),
			ConnectTime: n.connectTimes.percentiles(), ReconnectTime: n.reconnectTimes.percentiles(),
			AwayTime: n.awayTimes.percentiles(), CatchUpTime: n.catchUpTimes.percentiles(),
		},
		OK: t.faults.sum() == 0, Lost: t.faults.lost.Load(), Doubled: t.faults.doubled.Load(), OutOfOrder: t.faults.late.Load(),
		Wrong: t.faults.wrong.Load(), Refused: t.faults.refused.Load(), Faults: t.faults.told(),
	}
	maps.Copy(r.Connections.Closed, n.closings)
	if s := &t.storm; s.streams > 0 {
		r.Storm = &Storm{
			Streams: s.streams, Back: s.streams - s.left.Load(), ReconnectTime: s.reconnectTimes.percentiles(),
			BackTime: s.backTimes.percentiles(), CatchUpTime: s.catchUpTimes.percentiles(),
		}
	}
	return r
}

// Err is nil if all is well.
func (r *Report) Err() error {
	if r.OK {
		return nil
	}
	return fmt.Errorf("%s; %d posts failed, %d readers were turned away", r.verdict(), r.Posts.Failed, r.Refused)
}

func (r *Report) verdict() string {
	return fmt.Sprintf("%d events lost, %d doubled, %d out of order, %d wrong", r.Lost, r.Doubled, r.OutOfOrder, r.Wrong)
}

// Print writes the report for a person.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d streams of %d classes at %s, read with the %s client; %.1f s of posting\n\n", r.Streams, r.Classes, r.URL, r.Client, r.Seconds)
	fmt.Fprintf(&b, "posts        %d (%.1f/s%s), %d tried again, %d failed\n", r.Posts.Made, r.Posts.PerSecond, r.Posts.asked(), r.Posts.TriedAgain, r.Posts.Failed)
	fmt.Fprintf(&b, "deliveries   %d (%.0f/s), of which %d caught up later; %.1f MB received\n",
		r.Deliveries.Events, r.Deliveries.PerSecond, r.Deliveries.CaughtUp, float64(r.Deliveries.Bytes)/1e6)
	c := &r.Connections
	fmt.Fprintf(&b, "connections  %d cut, %d dropped (%d of slow readers, who stopped %d times), %s closed by the service, %d attempts failed, %d came back, %d resyncs\n",
		c.Cut, c.Dropped, c.DroppedSlow, c.Stalls, closings(c.Closed), c.Failed, c.Reconnected, c.Resyncs)
	if s := r.Storm; s != nil {
		fmt.Fprintf(&b, "storm        %d of %d came back and have everything, the last after %s\n", s.Back, s.Streams,
			time.Duration(s.CatchUpTime.Max*float64(time.Millisecond)).Round(time.Millisecond))
	}
	b.WriteString("\n" + r.table() + "\n")
	for _, fault := range r.Faults {
		b.WriteString(fault + "\n")
	}
	b.WriteString(r.verdict() + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// asked tells the rate that was asked for.
func (p *Posts) asked() string {
	if p.Asked == 0 {
		return ", as fast as accepted"
	}
	return fmt.Sprintf(" of %.1f/s asked for", p.Asked)
}

// closings tells how many streams the service closed, and why.
func closings(by map[string]int64) string {
	total, reasons := int64(0), []string{}
	for _, reason := range slices.Sorted(maps.Keys(by)) {
		total += by[reason]
		reasons = append(reasons, fmt.Sprintf("%s %d", reason, by[reason]))
	}
	if total == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", total, strings.Join(reasons, ", "))
}

// table has the percentiles of all that was measured.
func (r *Report) table() string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "milliseconds\tp50\tp90\tp99\tp99.9\tmax\tcount\t")
	row := func(name string, p Percentiles) {
		if p.Count > 0 {
			_, _ = fmt.Fprintf(table, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t\n", name, p.P50, p.P90, p.P99, p.P999, p.Max, p.Count)
		}
	}
	row("delivery", r.Deliveries.Latency)
	row("post", r.Posts.Latency)
	row("connect", r.Connections.ConnectTime)
	row("reconnect", r.Connections.ReconnectTime)
	row("away", r.Connections.AwayTime)
	row("catch up", r.Connections.CatchUpTime)
	if s := r.Storm; s != nil {
		row("storm: reconnect", s.ReconnectTime)
		row("storm: back", s.BackTime)
		row("storm: caught up", s.CatchUpTime)
	}
	_ = table.Flush() // to memory
	return b.String()
}
