package events

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Serve sends the stream to a socket, as Run does to a sink, but returns as soon as the stream has nothing left to
// send. From then on it is parked: a shard writes what comes, and a goroutine takes it over only while its socket is
// full, while it reads from the log, and for its end. Ended is called once, before the socket is closed, and must not
// wait for the hub.
//
// At any moment one owner has all of the stream that mu doesn't guard: a goroutine, while wake is there, or else the
// shard. The stream changes hands under mu, in park and takeOver, so it is never without one: whatever is pushed wakes
// the owner there is.
func (s *Stream) Serve(socket Socket, expires time.Time, ended func(Ended)) {
	s.socket, s.ended = socket, ended
	s.hub.enlist(s)
	s.begin(socket, expires)
	err := socket.OnHangup(func() { s.finish(ReasonClientGone) })
	if err != nil {
		err = errWrite{err}
	}
	s.drive(nil, err)
}

// drive is the stream's goroutine. It sends what the shard could not, and then what is queued, until the stream can be
// parked or has ended.
func (s *Stream) drive(unsent []byte, err error) {
	ctx := s.hub.ctx
	if len(unsent) > 0 && err == nil {
		s.hub.metrics.blocked.Inc()
		err = s.write(s.socket, unsent)
		s.hub.metrics.blocked.Dec()
		if err == nil {
			s.noteWritten()
		}
	}
	for err == nil {
		err = s.sendQueued(ctx, s.socket)
		if errors.Is(err, errIdle) {
			if s.park() {
				return
			}
			err = nil
		}
	}
	s.depart(ctx, err)
}

// depart ends a stream on a socket.
func (s *Stream) depart(ctx context.Context, err error) {
	s.ended(s.end(ctx, s.socket, err))
	_ = s.socket.Close() // nothing is to be done about a connection that can't be closed
	s.close()
	s.hub.discharge()
}

// park gives the stream to its shard, unless there is something to do, and reports whether it did.
func (s *Stream) park() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.live) > 0 || s.reason != "" {
		return false
	}
	s.out, s.sent, s.wake = nil, 0, nil
	if cap(s.live) > keepQueue {
		s.live = nil
	}
	return true
}

// takeOver gives a parked stream to a goroutine. Its shard calls it, with what it took from the queue and did not send,
// and with the bytes that the socket did not take.
func (s *Stream) takeOver(rest []queued, unsent []byte, err error) {
	s.mu.Lock()
	s.wake = make(chan struct{}, 1)
	s.mu.Unlock()
	s.out, s.sent = slices.Clone(rest), 0
	unsent = slices.Clone(unsent)
	s.hub.tasks.Go(func() { s.drive(unsent, err) })
}
