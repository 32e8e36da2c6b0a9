package handlers

import (
	"net/http"

	"homeroom/events"
	"homeroom/storage"
)

// presence is how a member looks to the class.
type presence struct {
	User       string       `json:"user"`
	Name       string       `json:"name"`
	Role       storage.Role `json:"role"`
	State      events.State `json:"state"`
	LastSeenAt events.Time  `json:"last_seen_at"`
	Active     bool         `json:"active"`
}

// putPresence takes the client's word that its user is away, or back.
func (s *Server) putPresence(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		State *events.State `json:"state"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var c checks
	switch {
	case body.State == nil:
		c.add("state", "is required")
	case *body.State != events.Online && *body.State != events.Away:
		c.add("state", "must be online or away")
	}
	if err := c.err(); err != nil {
		return err
	}
	s.hub.SetAway(caller(r).User, *body.State == events.Away)
	return replyNothing(w)
}

func (s *Server) listPresence(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	_, page, err := pageQuery(r)
	if err != nil {
		return err
	}
	seen, err := s.store.LastSeen(r.Context(), caller(r).Principal, class, page)
	if err != nil {
		return err
	}
	users := make([]string, len(seen.Items))
	for i := range seen.Items {
		users[i] = seen.Items[i].User
	}
	list := storage.List[presence]{Items: make([]presence, len(users)), Next: seen.Next, At: seen.At}
	for i, sight := range s.hub.Look(class, users) {
		m := &seen.Items[i]
		list.Items[i] = presence{
			User: m.User, Name: m.Name, Role: m.Role,
			State: sight.State, LastSeenAt: max(m.At, sight.Seen), Active: sight.Active,
		}
	}
	return replyList(w, list)
}
