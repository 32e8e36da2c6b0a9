package handlers

import (
	"errors"
	"net/http"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

func (s *Server) muteMember(w http.ResponseWriter, r *http.Request) error {
	class, user, err := memberParams(r)
	if err != nil {
		return err
	}
	var body struct {
		Until *string `json:"until"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var c checks
	until := c.moment("until", body.Until)
	if err := c.err(); err != nil {
		return err
	}
	var m storage.Member
	err = ifMatch(r, func(version int64) (err error) {
		m, err = s.store.MuteMember(r.Context(), caller(r).Principal, class, user, until, version)
		return err
	})
	if errors.Is(err, storage.ErrMuteTime) {
		c.add("until", "must be in the future, and at most a year ahead")
		return c.err()
	}
	if err != nil {
		return err
	}
	return replyVersion(w, http.StatusOK, m.Version, m)
}

func (s *Server) unmuteMember(w http.ResponseWriter, r *http.Request) error {
	class, user, err := memberParams(r)
	if err != nil {
		return err
	}
	if err := ifMatch(r, func(version int64) error {
		return s.store.UnmuteMember(r.Context(), caller(r).Principal, class, user, version)
	}); err != nil {
		return err
	}
	return replyNothing(w)
}

// moment checks a required time.
func (c *checks) moment(field string, value *string) events.Time {
	if value == nil {
		c.add(field, "is required")
		return 0
	}
	at, err := time.Parse(time.RFC3339, *value)
	if err != nil {
		c.add(field, "must be a time as in RFC 3339, like 2026-11-22T10:00:00Z")
	}
	return events.Time(at.UnixMilli())
}
