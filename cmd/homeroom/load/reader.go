package load

import (
	"cmp"
	"context"
	"errors"

	"fmt"
	"io"
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
		func(f *frame) { r.take(ctx, f) })
}

// ended counts the end of a connection, unless it is the end of all.
func (r *reader) ended(err error) {
	tally := &r.trial.tally
	if r.isReady {
		tally.open.Add(-1)
		r.lostAt = r.trial.now()
	}
	switch {
	case r.closed != "":
		tally.closing(r.closed)
		r.trial.notOpened(errors.New("the service said: " + r.closed))
	case r.wasCut: // written before the connection ended
		tally.cut.Add(1)
	case !r.isReady:
		tally.tried.Add(1)
		r.trial.notOpened(cmp.Or(err, io.ErrUnexpectedEOF))
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

// fault describes what happened to the reader.
func (r *reader) fault(format string, args ...any) error {
	return fmt.Errorf("reader %s of class %s "+format, append([]any{r.member.user, r.class.id}, args...)...)
}

// wrong counts something that must not be.
func (r *reader) wrong(format string, args ...any) {
	r.trial.faults.add(&r.trial.faults.wrong, r.fault(format, args...))
}
