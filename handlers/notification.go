package handlers

import (
	"fmt"
	"net/http"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

const (
	maxMarked = 100         // notifications that one call marks one by one
	maxSkew   = time.Minute // how far the clocks of processes may differ that make ids
)

// kinds are what a user is told of.
var kinds = map[events.Type]bool{
	events.MessageMention: true, events.MessageReply: true,
	events.MemberJoined: true, events.MemberUpdated: true, events.MemberLeft: true,
	events.AnnouncementCreated: true, events.AssignmentCreated: true, events.AssignmentDue: true,
	events.SystemNotice: true, events.MessageHeld: true,
}

func (s *Server) listNotifications(w http.ResponseWriter, r *http.Request) error {
	values, page, err := pageQuery(r, "unread", "class", "kind")
	if err != nil {
		return err
	}
	filter := storage.NotificationFilter{Kind: events.Type(values.Get("kind"))}
	switch unread := values.Get("unread"); {
	case unread == "true":
		filter.Unread = true
	case unread != "false" && values.Has("unread"):
		return invalidQuery("unread must be true or false.")
	}
	if values.Has("kind") && !kinds[filter.Kind] {
		return invalidQuery("kind must be a kind of notification, like message.mention.")
	}
	if values.Has("class") {
		id, ok := parseID(values.Get("class"))
		if !ok {
			return invalidQuery("class must be a UUID.")
		}
		filter.Class = id
	}
	inbox, err := s.store.Notifications(r.Context(), caller(r).Principal, filter, page)
	if err != nil {
		return err
	}
	w.Header().Set(cursorHeader, inbox.At.String())
	body := struct {
		Items  []events.Listed `json:"items"`
		Next   *string         `json:"next"`
		Unread int64           `json:"unread"`
	}{Items: inbox.Items, Unread: inbox.Unread}
	if inbox.Next != "" {
		body.Next = &inbox.Next
	}
	return reply(w, http.StatusOK, body)
}

func (s *Server) readNotifications(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		UpTo *string  `json:"up_to"`
		IDs  []string `json:"ids"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var c checks
	var marks storage.ReadMarks
	if body.UpTo == nil && len(body.IDs) == 0 {
		c.add("up_to", "is required, or ids is")
	}
	if body.UpTo != nil {
		marks.UpTo = c.notification("up_to", *body.UpTo)
	}
	if len(body.IDs) > maxMarked {
		c.add("ids", fmt.Sprintf("must be at most %d", maxMarked))
		body.IDs = nil
	}
	for _, id := range body.IDs {
		marks.IDs = append(marks.IDs, c.notification("ids", id))
	}
	if err := c.err(); err != nil {
		return err
	}
	unread, err := s.store.ReadNotifications(r.Context(), caller(r).Principal, marks)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, struct {
		Unread int64 `json:"unread"`
	}{unread})
}

// notification checks the id of a notification. It may be gone, but it can't be one that is yet to come: nobody has
// read what isn't there.
func (c *checks) notification(field, value string) string {
	id, ok := parseID(value)
	made, ours := storage.IDTime(id)
	switch {
	case !ok || !ours:
		c.add(field, "must be the id of a notification")
	case made.Std().After(time.Now().Add(maxSkew)):
		c.add(field, "must be the id of a notification that there is already")
	}
	return id
}
