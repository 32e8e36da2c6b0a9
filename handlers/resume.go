package handlers

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"homeroom/events"
)

// positionWait is how long the end of a stream may wait until its position is stored.
const positionWait = 2 * time.Second

// resumeParam reports whether a stream without a cursor is to go on where the caller's last one ended.
func resumeParam(values url.Values) (bool, error) {
	if !values.Has("resume") {
		return false, nil
	}
	if values.Get("resume") != "last" {
		return false, invalidQuery("resume must be last.")
	}
	return true, nil
}

// resumeLast has a stream go on where the caller's last stream of the class ended, or else from the oldest event kept.
func (s *Server) resumeLast(r *http.Request, req *events.Request) (err error) {
	req.After, err = s.store.Position(r.Context(), caller(r).Principal, req.Class)
	req.Oldest = req.After == nil
	return err
}

// keepPosition stores where a stream ended. It happens before the response ends, so that a client that has seen the
// end of a stream can rely on it; and also for a client that is gone.
func (s *Server) keepPosition(r *http.Request, class string, at events.Cursor) error {
	if class == "" || at.IsZero() { // the stream of all classes; a stream of which nothing was written
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), positionWait)
	defer cancel()
	return s.store.PutPosition(ctx, caller(r).Principal, class, at)
}
