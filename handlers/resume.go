package handlers

import (
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
