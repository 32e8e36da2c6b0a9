package events

import (
	"context"
	"sync"
	"time"
)

// expiry ends streams when their tokens expire, with one timer for all.
type expiry struct {
	mu     sync.Mutex // guards alarms, and the streams' own
	alarms alarms
}

func newExpiry() *expiry { return &expiry{alarms: newAlarms()} }

// add has a stream end at a moment, unless it is removed before.
func (x *expiry) add(s *Stream, at time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s.expiry = x.alarms.set(at, func() {
		if s.noteChange(ReasonTokenExpired, timeOf(at)) {
			x.cutByLocked(s, timeOf(at))
		}
	})
}

// remove undoes add, and has no alarm that was or will be set touch the stream any more. It may come after the stream was
// ended.
func (x *expiry) remove(s *Stream) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s.over = true
	x.alarms.cancel(s.expiry)
}

// run ends streams in time until ctx ends.
func (x *expiry) run(ctx context.Context) {
	x.alarms.run(ctx, func() time.Duration {
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.alarms.ringDue()
	})
}
