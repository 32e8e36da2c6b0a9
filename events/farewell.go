package events

import "time"

const (
	// farewellDue is how long after the change that ends a stream its last frame may be written; guarantee is one second.
	farewellDue = 900 * time.Millisecond
	// farewellLeast is how long a client has to read it, if this process was late to hear of the change.
	farewellLeast = 100 * time.Millisecond
)

// finishFor ends the stream for a change that was made at a moment: what may be read, or by what. A client that doesn't
// take its last frame in time is cut.
func (s *Stream) finishFor(reason Reason, at Time) {
	if s.noteChange(reason, at) {
		s.hub.expiry.cutBy(s, at)
	}
}

// noteChange is finish, with when the reason arose. It reports whether it was the first reason.
func (s *Stream) noteChange(reason Reason, at Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.reason == ""
	if first {
		s.changed = at
	}
	s.finishLocked(reason)
	return first
}

// cutBy has a stream cut if it hasn't said farewell a while after a change.
func (x *expiry) cutBy(s *Stream, change Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.cutByLocked(s, change)
}

func (x *expiry) cutByLocked(s *Stream, change Time) {
	if s.over { // a change may come between its end and its leaving of the feeds
		return
	}
	due := change.Std().Add(farewellDue)
	if least := time.Now().Add(farewellLeast); due.Before(least) {
		due = least
	}
	x.alarms.cancel(s.expiry)
	s.expiry = x.alarms.set(due, func() {
		if !s.over { // if it was set before add, another has taken its place, and remove didn't find it
			s.finish(ReasonSlowReader)
		}
	})
}

// observeChange says how long it took from the change that ended the stream to its end, if a change did.
func (s *Stream) observeChange(reason Reason) {
	s.mu.Lock()
	changed := s.changed
	s.mu.Unlock()
	if changed != 0 {
		s.hub.metrics.revocation.WithLabelValues(string(reason)).Observe(max(0, time.Since(changed.Std()).Seconds()))
	}
}
