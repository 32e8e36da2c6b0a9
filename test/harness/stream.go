package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"homeroom/test/contract"
)

// Position says where a stream starts: with the header, a query, both or
// neither. The zero value is "live, from now on".
type Position struct {
	LastEventID string     // header
	Query       url.Values // last_event_id or lastEventId; types, limit
}

// From is the usual position: the cursor in the header.
func From(cursor string) Position { return Position{LastEventID: cursor} }

// Stream is one connection to a class's stream. It keeps every frame.
type Stream struct {
	Header http.Header

	client *Client
	class  string
	tb     testing.TB
	cancel context.CancelFunc
	done   chan struct{} // closed when the reader has ended

	bell   bell
	mu     sync.Mutex // guards what follows
	frames []Frame
	next   int // index of the frame that Next returns
	err    error
}

// errFrame marks a frame that breaks the contract.
var errFrame = errors.New("bad frame")

// AllClasses is, in place of a class, the stream of all classes.
const AllClasses = ""

// Stream opens the class's stream and waits for its first frame.
func (c *Client) Stream(class string, at ...Position) *Stream {
	c.tb.Helper()
	position := Position{}
	if len(at) > 0 {
		position = at[0]
	}
	ctx, cancel := context.WithCancel(c.tb.Context())
	body, header, err := c.openStream(ctx, class, position)
	if err != nil {
		cancel()
		c.tb.Fatalf("open the stream: %v", err)
	}
	s := &Stream{
		Header: header, client: c, class: class, tb: c.tb,
		cancel: cancel, done: make(chan struct{}),
	}
	go s.read(theContract(c.tb), body)
	c.tb.Cleanup(s.Cut)
	return s
}

// openStream sends the request and checks the headers that every stream has.
func (c *Client) openStream(ctx context.Context, class string, at Position) (io.ReadCloser, http.Header, error) {
	path := ClassPath(class, "stream")
	if class == AllClasses {
		path = "/v1/stream"
	}
	call := Call{Method: http.MethodGet, Path: path, Header: map[string]string{
		"Accept": "text/event-stream", "Cache-Control": "no-store",
	}}
	if len(at.Query) > 0 {
		call.Path += "?" + at.Query.Encode()
	}
	if at.LastEventID != "" {
		call.Header["Last-Event-ID"] = at.LastEventID
	}
	resp, err := c.Dial(ctx, call)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		_ = resp.Body.Close()
		return nil, nil, &Refused{&Response{
			Status: resp.StatusCode, Header: resp.Header, Body: body, tb: c.tb, request: "GET " + call.Path,
		}}
	}
	for name, want := range map[string]string{
		"Content-Type":      "text/event-stream",
		"Cache-Control":     "no-store, no-transform",
		"X-Accel-Buffering": "no",
		"Content-Encoding":  "",
	} {
		if got := resp.Header.Get(name); got != want {
			_ = resp.Body.Close()
			return nil, nil, fmt.Errorf("%w: stream with %s %q, want %q", errFrame, name, got, want)
		}
	}
	return resp.Body, resp.Header, nil
}

func (s *Stream) read(c *contract.Contract, body io.ReadCloser) {
	defer close(s.done)
	defer func() { _ = body.Close() }()
	p := newParser(body)
	for {
		frame, err := p.Next()
		if err == nil {
			if bad := checkFrame(c, frame); bad != nil {
				err = fmt.Errorf("%w: %w", errFrame, bad)
			}
		}
		s.mu.Lock()
		if err == nil {
			s.frames = append(s.frames, frame)
		}
		s.err = err
		s.mu.Unlock()
		s.bell.ring()
		if err != nil {
			return
		}
	}
}

// Next returns the first frame not yet returned by Next or skipped by WaitFor.
// Once the stream has ended and all of it was read, it returns io.EOF for a
// clean end, or what broke it.
func (s *Stream) Next(ctx context.Context) (Frame, error) {
	var frame Frame
	var err error
	if !s.bell.until(ctx, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.next < len(s.frames) {
			frame = s.frames[s.next]
			s.next++
			return true
		}
		err = s.err
		return err != nil
	}) {
		return frame, ctx.Err()
	}
	return frame, err
}

// Take is Next for a frame that must come.
func (s *Stream) Take(what string) Frame {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(s.tb.Context(), Patience)
	defer cancel()
	frame, err := s.Next(ctx)
	if err != nil {
		s.tb.Fatalf("stream: %s never came: %v; got: %s", what, err, s.summary())
	}
	return frame
}

// WaitFor skips frames up to one that is accepted, and returns that.
func (s *Stream) WaitFor(what string, accepts func(Frame) bool) Frame {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(s.tb.Context(), Patience)
	defer cancel()
	for {
		frame, err := s.Next(ctx)
		if err != nil {
			s.tb.Fatalf("stream: %s never came: %v; got: %s", what, err, s.summary())
		}
		if accepts(frame) {
			return frame
		}
	}
}

// Ready takes the first frame, which must be stream.ready.
func (s *Stream) Ready() Frame {
	s.tb.Helper()
	frame := s.Take("stream.ready")
	if frame.Event != "stream.ready" {
		s.tb.Fatalf("the first frame is %s, want stream.ready", frame.Event)
	}
	return frame
}

// Event takes frames up to the next logged event.
func (s *Stream) Event() Frame {
	s.tb.Helper()
	return s.WaitFor("an event", func(f Frame) bool { return f.Parsed.OfClass() })
}

// WaitEnd reads the stream to its end and returns the last frame. A stream
// that the server breaks off, or never ends, fails the test.
func (s *Stream) WaitEnd() Frame {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(s.tb.Context(), Patience)
	defer cancel()
	for {
		_, err := s.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			s.tb.Fatalf("the stream does not end: %v; got: %s", err, s.summary())
		}
	}
	frames := s.Frames()
	if len(frames) == 0 {
		s.tb.Fatal("the stream ended without a frame")
	}
	return frames[len(frames)-1]
}

// WaitClosing reads the stream to its end, which must be a stream.closing with
// this reason and a time to come back at.
func (s *Stream) WaitClosing(reason string) Frame {
	s.tb.Helper()
	last := s.WaitEnd()
	if last.Event != "stream.closing" || last.Parsed.Reason != reason {
		s.tb.Fatalf("the stream ended with %s %s, want stream.closing with reason %s", last.Event, last.Data, reason)
	}
	if last.Retry < 0 || int64(last.Retry) != last.Parsed.RetryMS {
		s.tb.Errorf("stream.closing has retry: %d and retry_ms %d", last.Retry, last.Parsed.RetryMS)
	}
	return last
}

// Frames are all frames so far.
func (s *Stream) Frames() []Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.frames)
}

// Events are the events of the class so far.
func (s *Stream) Events() []Event {
	var events []Event
	for _, f := range s.Frames() {
		if f.Parsed.OfClass() {
			events = append(events, f.Parsed)
		}
	}
	return events
}

// Cursor is what an EventSource would send now to go on: the last id seen.
func (s *Stream) Cursor() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range slices.Backward(s.frames) {
		return f.LastEventID
	}
	return ""
}

// Open reports whether the connection still stands.
func (s *Stream) Open() bool {
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// Cut breaks the connection from our side and waits for the reader.
func (s *Stream) Cut() {
	s.cancel()
	<-s.done
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	if errors.Is(err, errFrame) {
		s.tb.Errorf("stream of class %s: %v", s.class, err)
	}
}

// Resume cuts the stream and opens another one from its cursor.
func (s *Stream) Resume() *Stream {
	s.tb.Helper()
	s.Cut()
	return s.client.Stream(s.class, From(s.Cursor()))
}

// summary is the types of the last frames, for messages of failed tests.
func (s *Stream) summary() string {
	frames := s.Frames()
	out := fmt.Sprintf("%d frames:", len(frames))
	for _, f := range frames[max(0, len(frames)-12):] {
		out += " " + f.Event
		if f.Parsed.Reason != "" {
			out += "(" + f.Parsed.Reason + ")"
		}
	}
	return out
}

// Quiet asserts that no event of the class and no end comes until so many
// heartbeats have passed. It is how a test sees that something does not happen.
func (s *Stream) Quiet(heartbeats int) {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(s.tb.Context(), Patience+time.Duration(heartbeats)*time.Second)
	defer cancel()
	for heartbeats > 0 {
		frame, err := s.Next(ctx)
		if err != nil {
			s.tb.Fatalf("stream: no heartbeat: %v; got: %s", err, s.summary())
		}
		switch {
		case frame.Event == "heartbeat":
			heartbeats--
		case frame.Parsed.OfClass(), frame.Event == "stream.closing", frame.Event == "resync":
			s.tb.Fatalf("stream: %s came, want none: %s", frame.Event, frame.Data)
		}
	}
}
