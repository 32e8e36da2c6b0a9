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
	draft, err := messageDraft(w, r)
	if err != nil {
		return err
	}
	path := classPath(class) + "/messages"
	if draft.Attempt, err = attempt(r, path, draft); err != nil {
		return err
	}
	s.hub.Settle(r.Context())
	m, err := s.store.CreateMessage(r.Context(), caller(r).Principal, class, draft)
	if err != nil {
		return err
	}
	s.hub.Acted(class, caller(r).User)
	return replyCreated(w, path+"/"+m.ID, m.Version, m)
}

// messageDraft is the body of a call that posts a message.
func messageDraft(w http.ResponseWriter, r *http.Request) (storage.MessageDraft, error) {
	var body struct {
		Text     *string `json:"text"`
		ParentID *string `json:"parent_id"`
	}
	if err := readBody(w, r, &body); err != nil {
		return storage.MessageDraft{}, err
	}
	var c checks
	draft := storage.MessageDraft{Text: c.text("text", body.Text, maxText), ParentID: c.id("parent_id", body.ParentID)}
	return draft, c.err()
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
	values, page, err := pageQuery(r, "order", "thread")
	if err != nil {
		return err
	}
	order, err := orderParam(values, storage.NewestFirst)
	if err != nil {
		return err
	}
	read := s.store.Messages
	switch thread := values.Get("thread"); {
	case thread == "top":
		read = s.store.TopMessages
	case thread != "all" && values.Has("thread"):
		return invalidQuery("thread must be top or all.")
	}
	list, err := read(r.Context(), caller(r).Principal, class, page, order)
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
	var m storage.Message
	if err := ifMatch(r, func(version int64) (err error) {
		m, err = s.store.EditMessage(r.Context(), caller(r).Principal, class, id, text, version)
		return err
	}); err != nil {
		return err
	}
	s.hub.Acted(class, caller(r).User)
	return replyVersion(w, http.StatusOK, m.Version, m)
}

func (s *Server) deleteMessage(w http.ResponseWriter, r *http.Request) error {
	class, id, err := messageParams(r)
	if err != nil {
		return err
	}
	if err := ifMatch(r, func(version int64) error {
		return s.store.DeleteMessage(r.Context(), caller(r).Principal, class, id, version)
	}); err != nil {
		return err
	}
	s.hub.Acted(class, caller(r).User)
	return replyNothing(w)
}
