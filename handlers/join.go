package handlers

import (
	"net/http"
	"net/url"

	"homeroom/storage"
)

func (s *Server) putJoinCode(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	code, err := s.store.SetJoinCode(r.Context(), caller(r).Principal, class)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, code)
}

func (s *Server) getJoinCode(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	code, err := s.store.JoinCode(r.Context(), caller(r).Principal, class)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, code)
}

func (s *Server) deleteJoinCode(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	if err := s.store.DropJoinCode(r.Context(), caller(r).Principal, class); err != nil {
		return err
	}
	return replyNothing(w)
}

func (s *Server) joinClass(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	var body struct {
		Code *string `json:"code"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var c checks
	if body.Code == nil {
		c.add("code", "is required")
	}
	if err := c.err(); err != nil {
		return err
	}
	path := classPath(class) + "/members" // where the member is created, which is not where the call goes
	draft := storage.JoinDraft{Code: *body.Code}
	if draft.Attempt, err = attempt(r, path, draft); err != nil {
		return err
	}
	m, joined, err := s.store.JoinClass(r.Context(), caller(r).Principal, class, draft)
	if err != nil {
		return err
	}
	if joined {
		return replyCreated(w, path+"/"+url.PathEscape(m.User), m.Version, m)
	}
	return replyVersion(w, http.StatusOK, m.Version, m)
}
