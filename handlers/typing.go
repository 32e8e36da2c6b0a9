package handlers

import "net/http"

// putTyping says that the caller types in a class, or stopped.
func (s *Server) putTyping(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	var body struct {
		Typing *bool `json:"typing"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var c checks
	if body.Typing == nil {
		c.add("typing", "is required")
	}
	if err := c.err(); err != nil {
		return err
	}
	m, err := s.store.MayType(r.Context(), caller(r).Principal, class)
	if err != nil {
		return err
	}
	s.hub.Acted(class, caller(r).User)
	if m != nil { // an admin who is no member isn't shown
		s.hub.Typing(class, m.User, m.Name, *body.Typing)
	}
	return replyNothing(w)
}
