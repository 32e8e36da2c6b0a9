package events

import (
	"context"
	"errors"
	"os"
	"time"
)

// Ended tells how a stream went.
type Ended struct {
	Reason Reason
	Err    error // with ReasonWrite and ReasonUnavailable
	Events int64 // logged events sent
	Bytes  int64
	Cursor Cursor // where the client goes on: the last id that was written to it; zero if none was
}

// Run sends the stream to its sink until the client goes (ctx ends), somebody ends it, or at expires.
func (s *Stream) Run(ctx context.Context, sink Sink, expires time.Time) Ended {
	defer s.close()
	s.begin(sink, expires)
	var err error
	for err == nil {
		err = s.sendQueued(ctx, sink)
	}
	return s.end(ctx, sink, err)
}

// begin makes the stream one that sends.
func (s *Stream) begin(sink Sink, expires time.Time) {
	s.mu.Lock()
	s.abort = sink.Abort
	s.mu.Unlock()
	s.hub.wheel.add(s)
	s.hub.expiry.add(s, expires)
}

// end says farewell for the reason that an error means.
func (s *Stream) end(ctx context.Context, sink Sink, err error) Ended {
	s.hub.wheel.remove(s)
	reason, err := s.classify(ctx, err)
	if frame := s.farewell(reason); frame != nil {
		_ = s.write(sink, frame) // it ends either way
	}
	s.hub.expiry.remove(s) // which cuts a client that doesn't read it in time
	s.observeChange(reason)
	s.hub.metrics.closed.WithLabelValues(string(reason)).Inc()
	return Ended{Reason: reason, Err: err, Events: s.events, Bytes: s.bytes, Cursor: s.cursorAt(s.held)}
}

// errWrite marks failures of the sink.
type errWrite struct{ error }

func (e errWrite) Unwrap() error { return e.error }

// sendQueued writes one chunk, waiting for something to write. What was given out before an error is written too.
func (s *Stream) sendQueued(ctx context.Context, sink Sink) error {
	var buf *[]byte // taken with the first frame: who waits holds none
	sent := s.events
	err := s.next(ctx, func(f *Frame) bool {
		if buf == nil {
			buf = takeChunk()
		}
		*buf = s.appendFrame(*buf, f)
		return len(*buf) < chunk
	})
	if buf == nil {
		return err
	}
	s.hub.metrics.delivered.Add(float64(s.events - sent))
	failed := s.write(sink, *buf)
	returnChunk(buf)
	if failed != nil {
		return failed
	}
	s.noteWritten()
	return err
}

// write sends bytes, and waits until they are on their way.
func (s *Stream) write(sink Sink, p []byte) error {
	if err := sink.Send(p); err != nil {
		return errWrite{err}
	}
	s.bytes += int64(len(p))
	s.hub.metrics.writes.Inc()
	s.hub.metrics.bytes.Add(float64(len(p)))
	return nil
}

// classify turns the error that ended the loop into a reason.
func (s *Stream) classify(ctx context.Context, err error) (Reason, error) {
	if f, ok := errors.AsType[finished](err); ok {
		return f.reason, nil
	}
	switch {
	case errors.Is(err, ErrNoAccess):
		return ReasonRemoved, nil
	case errors.As(err, new(errWrite)):
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.reason.untold() {
			return s.reason, nil // which is why the write failed
		}
		if ctx.Err() != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return ReasonClientGone, nil
		}
		return ReasonWrite, err
	case ctx.Err() != nil:
		return ReasonClientGone, nil
	case errors.Is(err, ErrClosed):
		return ReasonShutdown, nil
	default:
		return ReasonUnavailable, err
	}
}

// farewell is the last frame of a stream whose client can still be told why it ends.
func (s *Stream) farewell(reason Reason) []byte {
	if reason.untold() {
		return nil
	}
	if reason == ReasonSuperseded {
		return Closing(reason, jitter(supersededRetry))
	}
	return Closing(reason, s.retry)
}
