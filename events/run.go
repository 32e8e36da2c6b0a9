package events

import (
	"context"
	"errors"
	"sync"
	"time"
)

// chunk is how much a stream writes at once. A frame is never split, so a write can be larger by one frame.
const chunk = 32 << 10

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, chunk+chunk/2); return &b }}

// Sink takes the bytes of one stream to its client.
type Sink interface {
	// Send writes p and returns once it is on its way. It fails at its deadline.
	Send(p []byte) error
	// Abort makes a Send that is under way fail. It doesn't block; any goroutine may call it.
	Abort()
}

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
	s.mu.Lock()
	s.abort = sink.Abort
	s.mu.Unlock()
	expiry := time.AfterFunc(time.Until(expires), func() { s.finish(ReasonTokenExpired) })
	defer expiry.Stop()
	s.hub.wheel.add(s)
	defer s.hub.wheel.remove(s)

	ended := s.send(ctx, sink)
	ended.Events, ended.Bytes, ended.Cursor = s.events, s.bytes, s.held
	s.hub.metrics.closed.WithLabelValues(string(ended.Reason)).Inc()
	s.hub.metrics.delivered.Add(float64(ended.Events))
	return ended
}

// send is the loop of Run: whatever is queued goes out in as few writes as possible.
func (s *Stream) send(ctx context.Context, sink Sink) (ended Ended) {
	write := func(p []byte) error {
		err := sink.Send(p)
		if err == nil {
			s.bytes += int64(len(p))
			s.hub.metrics.bytes.Add(float64(len(p)))
		}
		return err
	}
	for {
		err := s.sendQueued(ctx, write)
		if err == nil {
			continue
		}
		ended.Reason, ended.Err = s.classify(ctx, err)
		if frame := s.farewell(ended.Reason); frame != nil {
			_ = write(frame) // it ends either way
		}
		return ended
	}
}

// errWrite marks failures of the sink.
type errWrite struct{ error }

func (e errWrite) Unwrap() error { return e.error }

// sendQueued writes one chunk, waiting for something to write. What was given out before an error is written too.
func (s *Stream) sendQueued(ctx context.Context, write func([]byte) error) error {
	var buf *[]byte // taken with the first frame: who waits holds none
	err := s.next(ctx, func(f *Frame) bool {
		if buf == nil {
			buf = buffers.Get().(*[]byte)
		}
		*buf = s.appendFrame(*buf, f)
		return len(*buf) < chunk
	})
	if buf == nil {
		return err
	}
	failed := write(*buf)
	if cap(*buf) <= 4*chunk { // one giant frame must not stay in the pool
		*buf = (*buf)[:0]
		buffers.Put(buf)
	}
	if failed != nil {
		return errWrite{failed}
	}
	s.noteWritten()
	return err
}

// appendFrame adds a frame as this stream sends it: an event carries the cursor after it.
func (s *Stream) appendFrame(b []byte, f *Frame) []byte {
	s.note(f)
	if f.seq != 0 {
		b = append(b, "id: "...)
		b = s.told.append(b)
		b = append(b, '\n')
	}
	return append(b, f.body...)
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
		if s.reason == ReasonSlowReader {
			return ReasonSlowReader, nil
		}
		if ctx.Err() != nil {
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
	switch reason {
	case ReasonClientGone, ReasonSlowReader, ReasonWrite:
		return nil
	default:
		return Closing(reason, s.retry)
	}
}
