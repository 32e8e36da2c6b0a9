package handlers

import (
	"errors"
	"net/http"

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
	if body.Until == nil {
		c.add("until", "is required")
	}
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
