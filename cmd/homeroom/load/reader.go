package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// firstRetry is after what time a reader comes back until a stream has told it.
const firstRetry = time.Second

// reader follows one class, coming back by itself, and checks what it is told. All but what is atomic or under mu
// belongs to its goroutine.
type reader struct {
	trial  *trial
	number int
	class  *class
	member member
	slow   bool

	verifier verifier
	cursor   []byte
	retry    time.Duration
	reached  atomic.Int64 // the seq up to which it has seen everything, or known of holes

	// Of the connection that it has, or had last, in nanoseconds of the trial.
	dialled, readyAt, lostAt int64
	isReady                  bool
	behind                   bool  // it hasn't what there was when it was ready
	target                   int64 // the seq up to which that is
	stallAfter               int64 // a slow reader's next stall
	closed                   string

	storm atomic.Bool // it is to come back from the storm

	mu     sync.Mutex // guards what follows
	hangUp context.CancelFunc
	wasCut bool
}

// newReader makes a reader that begins after the class's first post.
func (t *trial) newReader(number int, c *class, m member) *reader {
	base := c.tape.base
	r := &reader{
		trial: t, number: number, class: c, member: m, slow: t.cfg.isSlow(number),
		verifier: verifier{next: base + 1}, retry: firstRetry, stallAfter: base + 1,
	}
	r.reached.Store(base)
	return r
}

// read reads until ctx ends, over as many connections as it takes.
func (r *reader) read(ctx context.Context) {
	for {
		err := r.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		if lasting(err) {
			r.trial.faults.add(&r.trial.faults.refused, r.fault("is turned away for good: %w", err))
			return
		}
		if !sleep(ctx, r.pause()) {
			return
		}
	}
}

// connect is one connection, from dialling to its end.
func (r *reader) connect(streams context.Context) error {
	ctx, cancel := context.WithCancel(streams)
	defer cancel()
	r.mu.Lock()
	r.hangUp, r.wasCut = cancel, false
	r.mu.Unlock()
	r.isReady, r.closed = false, ""
	err := r.follow(ctx)
	r.mu.Lock()
	r.hangUp = nil
	r.mu.Unlock()
	if streams.Err() == nil {
		r.ended(err)
	}
	return err
}

// follow waits until connecting is allowed. That comes after there is something to cut, so a storm misses nobody.
func (r *reader) follow(ctx context.Context) error {
	if !r.trial.gate.wait(ctx) {
		return ctx.Err()
	}
	r.dialled = r.trial.now()
	return r.trial.wire.follow(ctx, opening{r.class.path("/stream"), r.member.token, r.cursor, r.slow},
		func(f *frame) error { return r.take(ctx, f) })
}

// ended counts the end of a connection, unless it is the end of all.
func (r *reader) ended(err error) {
	tally := &r.trial.tally
	if !r.isReady {
		if !r.wasCut { // written before the connection ended
			tally.tried.Add(1)
			r.trial.keepOpenError(err)
		}
		return
	}
	tally.open.Add(-1)
	r.lostAt = r.trial.now()
	switch {
	case r.closed != "":
		tally.closing(r.closed)
	case r.wasCut:
		tally.cut.Add(1)
	default:
		tally.dropped.Add(1)
		if r.slow {
			tally.slowDropped.Add(1)
		}
	}
}

// lasting reports whether an answer stays the same however often a reader comes back.
func lasting(err error) bool {
	refused, ok := errors.AsType[*refusal](err)
	return ok && !passing(refused.status) && refused.status < http.StatusInternalServerError
}

// pause is how long to wait before coming back.
func (r *reader) pause() time.Duration {
	if r.isReady && r.closed == "" && r.trial.cfg.Impatient {
		return 0
	}
	if !r.isReady { // the time is drawn for one coming back, not for many tries
		return r.retry/2 + rand.N(r.retry+1)
	}
	return r.retry
}

// cut ends the connection, as the network would. It reports whether there was one.
func (r *reader) cut() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hangUp == nil {
		return false
	}
	r.wasCut = true
	r.hangUp()
	return true
}

// take takes a frame.
func (r *reader) take(ctx context.Context, f *frame) error {
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
			return fmt.Errorf("stream.closing: %w", err)
		}
		r.closed = closing.Reason
	case "resync":
		r.trial.tally.resyncs.Add(1)
		r.trial.faults.add(nil, r.fault("is told that its cursor can't be honoured: %s", f.data))
	default:
		if err := r.event(ctx, f, now); err != nil {
			return err
		}
	}
	if f.hasID {
		r.cursor = append(r.cursor[:0], f.id...)
	}
	return nil
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
func (r *reader) event(ctx context.Context, f *frame, now int64) error {
	e, err := parseEvent(f.data)
	if err != nil {
		return fmt.Errorf("%s: %w", f.event, err)
	}
	moved := f.hasID && !bytes.Equal(f.id, r.cursor)
	if moved != (e.seq > 0) {
		r.trial.faults.add(&r.trial.faults.wrong, r.fault("gets %s with seq %d and id %q after %q", f.event, e.seq, f.id, r.cursor))
	}
	if e.seq == 0 || e.class == "" { // a signal; the inbox
		return nil
	}
	if e.class != r.class.id {
		r.trial.faults.add(&r.trial.faults.wrong, r.fault("gets event %d of class %s", e.seq, e.class))
		return nil
	}
	if r.judge(e) {
		r.count(e, now)
	}
	r.reached.Store(r.verifier.next - 1)
	r.lookIfCaughtUp(now)
	if r.slow && e.seq > r.stallAfter {
		r.stall(ctx)
	}
	return nil
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
			faults.add(&faults.wrong, r.fault("%w", err))
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

// fault describes what happened to the reader.
func (r *reader) fault(format string, args ...any) error {
	return fmt.Errorf("reader %s of class %s "+format, append([]any{r.member.user, r.class.id}, args...)...)
}
