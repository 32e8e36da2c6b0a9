package load

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"math/rand/v2"
	"time"
)

// take takes a frame.
func (r *reader) take(ctx context.Context, f *frame) {
	now := r.trial.now()
	if f.retry > 0 {
		r.retry = f.retry
	}
	switch string(f.event) {
	case "stream.ready":
		if ctx.Err() == nil {
			r.ready(now)
		}
	case "stream.closing":
		var closing struct{ Reason string }
		if err := json.Unmarshal(f.data, &closing); err != nil {
			r.wrong("gets stream.closing with %q: %w", f.data, err)
		}
		r.closed = cmp.Or(closing.Reason, "unknown")
	case "resync":
		r.trial.tally.resyncs.Add(1)
		r.trial.faults.add(nil, r.fault("is told that its cursor can't be honoured: %s", f.data))
	default:
		r.event(ctx, f, now)
	}
	if f.hasID {
		r.cursor = append(r.cursor[:0], f.id...)
	}
}

// ready begins a connection that is open.
func (r *reader) ready(now int64) {
	t := r.trial
	first := r.readyAt == 0
	r.isReady, r.readyAt = true, now
	t.tally.open.Add(1)
	r.target = r.class.head.Load()
	r.stallAfter = max(r.stallAfter, r.target)
	if first {
		t.tally.ready.Add(1)
		t.tally.connectTimes.record(r.number, now-r.dialled)
		return
	}
	t.tally.connected.Add(1)
	t.tally.reconnectTimes.record(r.number, now-r.dialled)
	t.tally.awayTimes.record(r.number, now-r.lostAt)
	t.storm.ready(r, now)
	r.behind = true
	r.lookIfCaughtUp(now)
}

// lookIfCaughtUp notes when a reader that came back has all that there was.
func (r *reader) lookIfCaughtUp(now int64) {
	if r.behind && r.verifier.next > r.target {
		r.behind = false
		r.trial.tally.catchUpTimes.record(r.number, now-r.readyAt)
		r.trial.storm.caughtUp(r, now)
	}
}

// event takes an event or signal.
func (r *reader) event(ctx context.Context, f *frame, now int64) {
	e, err := parseEvent(f.data)
	if err != nil {
		r.wrong("gets %s with %q: %w", f.event, f.data, err)
		return
	}
	moved := f.hasID && !bytes.Equal(f.id, r.cursor)
	if moved != (e.seq > 0) {
		r.wrong("gets %s with seq %d and id %q after %q", f.event, e.seq, f.id, r.cursor)
	}
	if e.seq == 0 || e.class == "" { // a signal; the inbox
		return
	}
	if e.class != r.class.id {
		r.wrong("gets event %d of class %s", e.seq, e.class)
		return
	}
	if r.judge(e) {
		r.count(e, now)
	}
	r.reached.Store(r.verifier.next - 1)
	r.lookIfCaughtUp(now)
	if r.slow && e.seq > r.stallAfter {
		r.stall(ctx)
	}
}

// judge checks an event's place and content. It reports whether it is new.
func (r *reader) judge(e event) bool {
	faults, due := &r.trial.faults, r.verifier.next
	switch r.verifier.take(e.seq) {
	case inOrder:
	case afterHole:
		faults.add(nil, r.fault("gets event %d when %d is due", e.seq, due))
	case late:
		faults.add(&faults.late, r.fault("gets event %d late, when %d is due", e.seq, due))
	case doubled:
		faults.add(&faults.doubled, r.fault("gets event %d again, when %d is due", e.seq, due))
		return false
	}
	if e.stamp.post > 0 {
		if err := r.class.tape.note(e.seq, e.stamp.post); err != nil {
			r.wrong("%w", err)
		}
	}
	return true
}

// count counts an event. Its latency counts if the reader was there when it was made, and was reading.
func (r *reader) count(e event, now int64) {
	tally := &r.trial.tally
	tally.delivered.Add(1)
	switch {
	case e.stamp.post == 0 || r.slow:
	case e.stamp.made < r.readyAt:
		tally.caughtUp.Add(1)
	default:
		tally.latencies.record(r.number, now-e.stamp.made)
	}
}

// stall stops reading for a while, unless everybody is to finish. Then the reader goes on until it has caught up.
func (r *reader) stall(ctx context.Context) {
	select {
	case <-r.trial.calm:
		return
	default:
	}
	r.trial.tally.stalls.Add(1)
	mean := r.trial.cfg.Stall
	timer := time.NewTimer(mean/2 + rand.N(mean))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.trial.calm:
	case <-ctx.Done():
	}
	r.stallAfter = r.class.head.Load()
}
