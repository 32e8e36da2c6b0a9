package handlers

import (
	"net/http"
	"net/url"

	"homeroom/storage"
)

func (s *Server) listMembers(w http.ResponseWriter, r *http.Request) error {
	return listClass(w, r, s.store.Members)
}

// memberParams are the path parameters of a member.
func memberParams(r *http.Request) (class, user string, err error) {
	if class, err = pathID(r, "class"); err != nil {
		return "", "", err
	}
	user, err = pathUser(r)
	return class, user, err
}

func (s *Server) getMember(w http.ResponseWriter, r *http.Request) error {
	class, user, err := memberParams(r)
	if err != nil {
		return err
	}
	m, err := s.store.Member(r.Context(), caller(r).Principal, class, user)
	if err != nil {
		return err
	}
	return replyVersion(w, http.StatusOK, m.Version, m)
}

func (s *Server) putMember(w http.ResponseWriter, r *http.Request) error {
	class, user, err := memberParams(r)
	if err != nil {
		return err
	}
	var body struct {
		Role *storage.Role `json:"role"`
		Name *string       `json:"name"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var c checks
	var change storage.MemberChange
	switch {
	case body.Role == nil:
		c.add("role", "is required")
	case !body.Role.Valid():
		c.add("role", "must be teacher, assistant or student")
	default:
		change.Role = *body.Role
	}
	if body.Name != nil {
		change.Name = c.line("name", body.Name, maxName)
	}
	if err := c.err(); err != nil {
		return err
	}
	var m storage.Member
	var created bool
	if err := ifMatch(r, func(version int64) (err error) {
		m, created, err = s.store.PutMember(r.Context(), caller(r).Principal, class, user, change, version)
		return err
	}); err != nil {
		return err
	}
	if created {
		return replyCreated(w, classPath(class)+"/members/"+url.PathEscape(user), m.Version, m)
	}
	return replyVersion(w, http.StatusOK, m.Version, m)
}

func (s *Server) removeMember(w http.ResponseWriter, r *http.Request) error {
	class, user, err := memberParams(r)
	if err != nil {
		return err
	}
	if err := ifMatch(r, func(version int64) error {
		return s.store.RemoveMember(r.Context(), caller(r).Principal, class, user, version)
	}); err != nil {
		return err
	}
	return replyNothing(w)
}
