package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"unicode/utf8"

	"homeroom/events"
	"homeroom/storage"
)

// maxReason is how long a reason for the audit log may be, in characters.
const maxReason = 200

// listConnections lists the streams that are open on this node.
func (s *Server) listConnections(w http.ResponseWriter, r *http.Request) error {
	if err := caller(r).May(storage.Administer); err != nil {
		return err
	}
	values, page, err := pageQuery(r, "user", "class")
	if err != nil {
		return err
	}
	want, err := connectionsWanted(values, page)
	if err != nil {
		return err
	}
	list := s.hub.Connections(want)
	var next *string
	if len(list) > page.Limit {
		list = list[:page.Limit]
		next = &list[page.Limit-1].ID
	}
	s.audit(r, "list connections", "", "user", want.User, "class", want.Class)
	return reply(w, http.StatusOK, struct {
		Items []events.Connection `json:"items"`
		Next  *string             `json:"next"`
	}{list, next})
}

// connectionsWanted is what a list of connections is asked for: one more than fits, to know whether more follow.
func connectionsWanted(values url.Values, page storage.Page) (events.Connections, error) {
	want := events.Connections{User: values.Get("user"), After: page.After, Limit: page.Limit + 1}
	if values.Has("user") && !validUser(want.User) {
		return want, invalidQuery("user must be a user id.")
	}
	if values.Has("class") {
		var ok bool
		if want.Class, ok = parseID(values.Get("class")); !ok {
			return want, invalidQuery("class must be a UUID.")
		}
	}
	if _, ok := parseID(page.After); page.After != "" && !ok {
		return want, storage.ErrPage
	}
	return want, nil
}

// closeConnection ends a stream that is open on this node.
func (s *Server) closeConnection(w http.ResponseWriter, r *http.Request) error {
	if err := caller(r).May(storage.Administer); err != nil {
		return err
	}
	id, err := pathID(r, "connection")
	if err != nil {
		return err
	}
	values, err := query(r, "reason")
	if err != nil {
		return err
	}
	reason := values.Get("reason")
	if utf8.RuneCountInString(reason) > maxReason || !utf8.ValidString(reason) || hasControl(reason, "") {
		return invalidQuery(fmt.Sprintf("reason must be one line of at most %d characters.", maxReason))
	}
	kicked, found := s.hub.Kick(id)
	if !found {
		return storage.ErrNotFound
	}
	s.audit(r, "close connection", id, "user", kicked.User, "address", kicked.Address, "reason", reason)
	return replyNothing(w)
}
