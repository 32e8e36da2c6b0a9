package handlers

import (
	"errors"
	"net/http"
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
	s.send(w, r, stream, s.begin(caller(r).Principal, class, stream, req.After != nil))
	return nil
}

// send sends an open stream until it ends, or leaves it to the hub on a connection of its own.
func (s *Server) send(w http.ResponseWriter, r *http.Request, stream *events.Stream, v *visit) {
	expires := caller(r).expires
	if conn, taken := s.takeOver(w, r); taken {
		stream.Serve(conn, expires, v.end)
		return
	}
	defer s.gate.streaming(r.Context())()
	startStream(w)
	sink := &responseSink{w: w, control: http.NewResponseController(w), timeout: s.writeTimeout}
	v.end(stream.Run(r.Context(), sink, expires))
}

// streamRequest is what a request for a stream asks for, and whether it is to go on where the last one ended.
func streamRequest(r *http.Request, class string) (_ events.Request, resume bool, err error) {
	names := []string{"last_event_id", "lastEventId", "types", "limit"}
	if class != "" {
		names = append(names, "resume", streamTokenParam)
	}
	values, err := query(r, names...)
	if err != nil {
		return events.Request{}, false, err
	}
	if resume, err = resumeParam(values); err != nil {
		return events.Request{}, false, err
	}
	id := caller(r)
	access := id.access()
	req := events.Request{
		User: id.User, Admin: id.Admin(), Class: class, Address: clientAddress(r), Counted: limitedAddress(r),
		Session: access.Session, Issued: access.Issued,
	}
	if req.After, err = cursorParam(r.Header.Get("Last-Event-ID"), values, "last_event_id", "lastEventId"); err != nil {
		return events.Request{}, false, err
	}
	if req.Types, err = typesParam(values); err != nil {
		return events.Request{}, false, err
	}
	req.Limit, err = intParam(values, "limit", 0, 1, maxEvents)
	return req, resume, err
}

// startStream sends the header of a stream.
func startStream(w http.ResponseWriter) {
	setStreamHeader(w.Header())
	w.WriteHeader(http.StatusOK)
}

// setStreamHeader says what a stream is: no cache may keep it, and no proxy may collect or recode it.
func setStreamHeader(header http.Header) {
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no") // nginx and those who copied it
}

// refuseStream turns a stream away for a reason that passes by itself.
func (s *Server) refuseStream(w http.ResponseWriter, cause error) error {
	reason := events.ReasonUnavailable
	switch {
	case errors.Is(cause, events.ErrClosed):
		reason = events.ReasonShutdown
	case errors.Is(cause, events.ErrOverloaded):
		reason = events.ReasonOverloaded
	case errors.Is(cause, events.ErrTooManyStreams):
		reason = events.ReasonCrowded
	case errors.Is(cause, errNoKeys): // the key set has logged it
	default:
		s.log.Error("stream refused", "error", cause)
	}
	s.turnAway(w, reason, s.hub.RetryFor(reason))
	return nil
}

// turnAway answers a request for a stream with when to come back. A browser's EventSource gives up for good on any
// status but 200, so the answer is a stream that says so, and ends.
func (s *Server) turnAway(w http.ResponseWriter, reason events.Reason, retry time.Duration) {
	s.hub.Refused(reason)
	startStream(w)
	_, _ = w.Write(events.Closing(reason, retry)) // a caller who is gone comes back anyway
}
