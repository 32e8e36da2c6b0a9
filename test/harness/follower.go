package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homeroom/test/contract"
)

// Sight is what a follower remembers of an event.
type Sight struct {
	Seq  int64
	Type string
	ID   string // of the message, in message events
}

// Follower follows a class over any number of cuts, as an EventSource does: it
// comes back after the server's retry time with the last id that it saw. It
// checks on the way that the events come in seq order, each exactly once, all
// of this class.
type Follower struct {
	client *Client
	class  string
	tb     testing.TB
	cancel context.CancelFunc
	done   chan struct{}

	bell    bell
	mu      sync.Mutex // guards what follows
	cursor  string
	seen    []Sight          // of the class
	arrived []time.Time      // when each of them came
	last    map[string]int64 // seq of the last event of each channel
	ready   int              // streams that became ready
	cut     context.CancelFunc
	resyncs []Event
	faults  []string
	retry   time.Duration
}

// maxFaults is how many faults a follower reports: the first ones tell.
const maxFaults = 5

// Follow starts following from a cursor, or from now on if it is empty (see
// [Follower.Live]). The test fails at its end if
// the follower has found a fault.
func (c *Client) Follow(class, cursor string) *Follower {
	c.tb.Helper()
	ctx, cancel := context.WithCancel(c.tb.Context())
	f := &Follower{
		client: c, class: class, tb: c.tb, cancel: cancel, done: make(chan struct{}),
		cursor: cursor, last: map[string]int64{},
	}
	go f.run(ctx, theContract(c.tb))
	c.tb.Cleanup(f.Stop)
	return f
}

// Live waits until the follower's first stream is ready: what is posted
// after that, it must see.
func (f *Follower) Live() *Follower {
	f.tb.Helper()
	f.WaitConnections(1)
	return f
}

// WaitConnections waits until the follower has had so many streams that
// became ready.
func (f *Follower) WaitConnections(n int) {
	f.tb.Helper()
	f.wait(fmt.Sprintf("connection number %d", n), func() bool { return f.ready >= n })
}

func (f *Follower) run(ctx context.Context, c *contract.Contract) {
	defer close(f.done)
	for ctx.Err() == nil {
		f.follow(ctx, c)
		f.mu.Lock()
		delay := max(f.retry, glance)
		f.mu.Unlock()
		pause(ctx, delay)
	}
}

// follow reads one connection to its end.
func (f *Follower) follow(ctx context.Context, c *contract.Contract) {
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	f.mu.Lock()
	from := f.cursor
	f.cut = cut
	f.mu.Unlock()
	body, _, err := f.client.openStream(ctx, f.class, From(from))
	if err != nil {
		if refused := (*Refused)(nil); errors.As(err, &refused) || errors.Is(err, errFrame) {
			f.fault("connect from %q: %v", from, err)
		}
		return
	}
	defer func() { _ = body.Close() }()
	p := newParser(body)
	for {
		frame, err := p.Next()
		if err != nil {
			return
		}
		if err := checkFrame(c, frame); err != nil {
			f.fault("%v", err)
		}
		f.take(frame)
	}
}

// take notes a frame.
func (f *Follower) take(frame Frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if frame.HasID {
		f.cursor = frame.ID
	}
	if frame.Retry >= 0 {
		f.retry = time.Duration(frame.Retry) * time.Millisecond
	}
	switch {
	case frame.Event == "stream.ready":
		f.ready++
	case frame.Event == "resync":
		f.resyncs = append(f.resyncs, frame.Parsed)
	case frame.Parsed.Channel() != "":
		f.takeEventLocked(frame.Parsed)
	}
	f.bell.ring()
}

func (f *Follower) takeEventLocked(e Event) {
	channel := e.Channel()
	if last, begun := f.last[channel]; begun && e.Seq != last+1 {
		f.faultLocked("%s event %d follows %d", channel, e.Seq, last)
	}
	f.last[channel] = e.Seq
	if channel != ClassChannel {
		return
	}
	if e.Class != f.class {
		f.faultLocked("event %d of class %s", e.Seq, e.Class)
	}
	sight := Sight{Seq: e.Seq, Type: e.Type}
	if strings.HasPrefix(e.Type, "message.") {
		m := e.Message()
		sight.ID = m.ID
		if e.Type == "message.created" && m.Seq != e.Seq {
			f.faultLocked("message %s says seq %d in event %d", m.ID, m.Seq, e.Seq)
		}
	}
	f.seen = append(f.seen, sight)
	f.arrived = append(f.arrived, time.Now())
}

func (f *Follower) fault(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faultLocked(format, args...)
}

func (f *Follower) faultLocked(format string, args ...any) {
	if len(f.faults) < maxFaults {
		f.faults = append(f.faults, fmt.Sprintf(format, args...))
	}
}

// Cut breaks the current connection, wherever it stands.
func (f *Follower) Cut() {
	f.mu.Lock()
	cut := f.cut
	f.mu.Unlock()
	if cut != nil {
		cut()
	}
}

// WaitSeq waits until the follower has seen the class's event with this seq.
func (f *Follower) WaitSeq(seq int64) {
	f.tb.Helper()
	f.wait(fmt.Sprintf("event %d", seq), func() bool { return f.last[ClassChannel] >= seq })
}

// wait waits for a condition on the follower's state, as long as that makes
// progress.
func (f *Follower) wait(what string, condition func() bool) {
	f.tb.Helper()
	for seen := -1; ; {
		ctx, cancel := context.WithTimeout(f.tb.Context(), Patience)
		met := f.bell.until(ctx, func() bool {
			f.mu.Lock()
			defer f.mu.Unlock()
			return len(f.faults) > 0 || condition()
		})
		cancel()
		f.mu.Lock()
		now, last, faults := len(f.seen), f.last[ClassChannel], slices.Clone(f.faults)
		f.mu.Unlock()
		if len(faults) > 0 {
			f.tb.Fatalf("follower %s of %s: %s", f.client.User.ID, f.class, strings.Join(faults, "; "))
		}
		if met {
			return
		}
		if now == seen {
			f.tb.Fatalf("follower %s of %s: %s never came; the last event is %d", f.client.User.ID, f.class, what, last)
		}
		seen = now
	}
}

// Seen are the events of the class so far.
func (f *Follower) Seen() []Sight {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.seen)
}

// Arrivals are the moments at which each of the events that were [Follower.Seen] came.
func (f *Follower) Arrivals() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.arrived)
}

// Connections is how many streams have become ready for the follower so far.
func (f *Follower) Connections() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ready
}

// Resyncs are the resync events so far.
func (f *Follower) Resyncs() []Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.resyncs)
}

// Stop ends the following and reports the faults that were found.
func (f *Follower) Stop() {
	f.cancel()
	<-f.done
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.faults {
		f.tb.Errorf("follower %s of %s: %s", f.client.User.ID, f.class, fault)
	}
	f.faults = nil
}
