package handlers

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"homeroom/events"
)

// The bounds of GET …/events.
const (
	defaultEvents = 100
	maxEvents     = 1000
	maxWait       = 60 // seconds; under the idle limit of most proxies
)

// listEvents is the stream's log as JSON; with wait, a long poll.
func (s *Server) listEvents(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	values, err := query(r, "after", "limit", "wait", "types")
	if err != nil {
		return err
	}
	limit, err := intParam(values, "limit", defaultEvents, 1, maxEvents)
	if err != nil {
		return err
	}
	wait, err := intParam(values, "wait", 0, 0, maxWait)
	if err != nil {
		return err
	}
	after, err := cursorParam("", values, "after")
	if err != nil {
		return err
	}
	types, err := typesParam(values)
	if err != nil {
		return err
	}
	id := caller(r)
	access := id.access()
	stream, err := s.hub.Open(r.Context(), events.Request{
		User: id.User, Admin: id.Admin(), Class: class, After: after, Oldest: true, Types: types,
		Address: clientAddress(r), Counted: limitedAddress(r), Session: access.Session, Issued: access.Issued,
		Poll: true, Absent: wait == 0, // who polls is there, who asks once isn't
	})
	if errors.Is(err, events.ErrClosed) && after != nil {
		return replyEvents(w, []json.RawMessage{}, *after) // as to a poll that was waiting when this node began to stop
	}
	if err != nil {
		return err
	}
	s.countDelivered(r, stream, after)
	patience := min(time.Duration(wait)*time.Second, time.Until(id.expires))
	list, cursor, err := stream.Collect(r.Context(), limit, patience)
	if err != nil {
		return err
	}
	return replyEvents(w, list, cursor)
}

// replyEvents answers with a part of the log, and the position after it.
func replyEvents(w http.ResponseWriter, list []json.RawMessage, cursor events.Cursor) error {
	return reply(w, http.StatusOK, struct {
		Events []json.RawMessage `json:"events"`
		Cursor string            `json:"cursor"`
	}{list, cursor.String()})
}
