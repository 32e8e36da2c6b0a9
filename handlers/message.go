package handlers

import (
	"net/http"

	"homeroom/storage"
)

func (s *Server) createMessage(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	text, err := messageText(w, r)
	if err != nil {
		return err
	}
	path := classPath(class) + "/messages"
	draft := storage.MessageDraft{Text: text}
	if draft.Attempt, err = attempt(r, path, draft); err != nil {
		return err
	}
	m, err := s.store.CreateMessage(r.Context(), caller(r).Principal, class, draft)
	if err != nil {
		return err
	}
	return replyCreated(w, path+"/"+m.ID, m.Version, m)
}

// messageText is the body of a call that sets a message's text.
func messageText(w http.ResponseWriter, r *http.Request) (string, error) {
	var body struct {
		Text *string `json:"text"`
	}
	if err := readBody(w, r, &body); err != nil {
		return "", err
	}
	var c checks
	text := c.text("text", body.Text, maxText)
	return text, c.err()
}

func (s *Server) listMessages(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	values, err := query(r, "limit", "page", "order")
	if err != nil {
		return err
	}
	page, err := pageParams(values)
	if err != nil {
		return err
	}
	order := storage.NewestFirst
	if values.Has("order") {
		order = storage.Order(values.Get("order"))
	}
	if order != storage.NewestFirst && order != storage.OldestFirst {
		return invalidQuery("order must be desc or asc.")
	}
	list, err := s.store.Messages(r.Context(), caller(r).Principal, class, page, order)
	if err != nil {
		return err
	}
	return replyList(w, list)
}

// messageParams are the path parameters of a message.
func messageParams(r *http.Request) (class, message string, err error) {
	if class, err = pathID(r, "class"); err != nil {
		return "", "", err
	}
	message, err = pathID(r, "message")
	return class, message, err
}

func (s *Server) getMessage(w http.ResponseWriter, r *http.Request) error {
	class, id, err := messageParams(r)
	if err != nil {
		return err
	}
	m, err := s.store.Message(r.Context(), caller(r).Principal, class, id)
	if err != nil {
		return err
	}
	return replyVersion(w, http.StatusOK, m.Version, m)
}

func (s *Server) editMessage(w http.ResponseWriter, r *http.Request) error {
	class, id, err := messageParams(r)
	if err != nil {
		return err
	}
	text, err := messageText(w, r)
	if err != nil {
		return err
	}
	m, err := s.store.EditMessage(r.Context(), caller(r).Principal, class, id, text, ifMatch(r))
	if err != nil {
		return err
	}
	return replyVersion(w, http.StatusOK, m.Version, m)
}

func (s *Server) deleteMessage(w http.ResponseWriter, r *http.Request) error {
	class, id, err := messageParams(r)
	if err != nil {
		return err
	}
	if err := s.store.DeleteMessage(r.Context(), caller(r).Principal, class, id, ifMatch(r)); err != nil {
		return err
	}
	return replyNothing(w)
}
