package handlers

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"homeroom/events"
)

// stream is one class's events and signals as Server-Sent Events, until somebody ends it.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	return s.serveStream(w, r, class)
}

// streamAll is the same for all classes of the caller.
func (s *Server) streamAll(w http.ResponseWriter, r *http.Request) error {
	return s.serveStream(w, r, "")
}

// serveStream runs the stream of one class, or of all with "".
func (s *Server) serveStream(w http.ResponseWriter, r *http.Request, class string) error {
	req, resume, err := streamRequest(r, class)
	if err != nil {
		return err
	}
	given := req.After
	if resume && given == nil {
		err = s.resumeLast(r, &req)
	}
	var stream *events.Stream
	if err == nil {
		stream, err = s.hub.Open(r.Context(), req)
	}
	if passing(err) {
		return s.refuseStream(w, err)
	}
	if err != nil {
		return err
	}
	s.countDelivered(r, stream, given)
	log := s.log.With("connection", stream.Connection, "class", class, "user", req.User)
	log.Info("stream opened", "resumed", req.After != nil)
	startStream(w)
	sink := &responseSink{w: w, control: http.NewResponseController(w), timeout: s.writeTimeout}
	opened := time.Now()
	ended := stream.Run(r.Context(), sink, caller(r).expires)
	unkept := s.keepPosition(r, class, ended.Cursor)
	sink.finish()
	if unkept != nil {
		log.Warn("position not stored", "error", unkept)
	}
	log = log.With("reason", string(ended.Reason), "duration_ms", time.Since(opened).Milliseconds(),
		"events", ended.Events, "bytes", ended.Bytes)
	if ended.Err != nil {
		log = log.With("error", ended.Err)
	}
	log.Info("stream closed")
	return nil
}

// streamRequest is what a request for a stream asks for, and whether it is to go on where the last one ended.
func streamRequest(r *http.Request, class string) (_ events.Request, resume bool, err error) {
	names := []string{"last_event_id", "lastEventId", "types", "limit"}
	if class != "" {
		names = append(names, "resume")
	}
	values, err := query(r, names...)
	if err != nil {
		return events.Request{}, false, err
	}
	if resume, err = resumeParam(values); err != nil {
		return events.Request{}, false, err
	}
	id := caller(r)
	req := events.Request{User: id.User, Admin: id.Admin(), Class: class, Address: clientAddress(r)}
	if req.After, err = cursorParam(r.Header.Get("Last-Event-ID"), values, "last_event_id", "lastEventId"); err != nil {
		return events.Request{}, false, err
	}
	if req.Types, err = typesParam(values); err != nil {
		return events.Request{}, false, err
	}
	req.Limit, err = intParam(values, "limit", 0, 1, maxEvents)
	return req, resume, err
}

// startStream sends the header of a stream. No cache may keep it, and no proxy may collect or recode it.
func startStream(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no") // nginx and those who copied it
	w.WriteHeader(http.StatusOK)
}

// refuseStream turns a stream away for a reason that passes by itself. A browser's EventSource gives up for good on
// any status but 200, so the answer is a stream that says when to come back, and ends.
func (s *Server) refuseStream(w http.ResponseWriter, cause error) error {
	reason := events.ReasonUnavailable
	if errors.Is(cause, events.ErrClosed) {
		reason = events.ReasonShutdown
	} else {
		s.log.Error("stream refused", "error", cause)
	}
	startStream(w)
	_, _ = w.Write(events.Closing(reason, s.hub.Retry())) // a caller who is gone comes back anyway
	return nil
}

// responseSink writes a stream through net/http: HTTP/1.1, HTTP/2 and TLS alike.
type responseSink struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
	aborted atomic.Bool
}

var errAborted = errors.New("write aborted")

// Send implements [events.Sink].
func (k *responseSink) Send(p []byte) error {
	if err := k.control.SetWriteDeadline(time.Now().Add(k.timeout)); err != nil {
		return err
	}
	// Abort sets its mark before its deadline. So either the mark is seen here, or the deadline that Abort sets
	// comes after ours and ends the write.
	if k.aborted.Load() {
		return errAborted
	}
	if _, err := k.w.Write(p); err != nil {
		return err
	}
	return k.control.Flush()
}

// Abort implements [events.Sink].
func (k *responseSink) Abort() {
	k.aborted.Store(true)
	_ = k.control.SetWriteDeadline(time.Unix(1, 0)) // a connection that has no deadline is closed already
}

// finish leaves the connection without a deadline, since it may be kept for another request.
func (k *responseSink) finish() {
	if !k.aborted.Load() {
		_ = k.control.SetWriteDeadline(time.Time{}) // as in Abort
	}
}
