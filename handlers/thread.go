package handlers

import (
	"net/http"

	"homeroom/storage"
)

// listReplies reads a thread as it grew, so oldest first unless asked otherwise.
func (s *Server) listReplies(w http.ResponseWriter, r *http.Request) error {
	class, id, err := messageParams(r)
	if err != nil {
		return err
	}
	values, page, err := pageQuery(r, "order")
	if err != nil {
		return err
	}
	order, err := orderParam(values, storage.OldestFirst)
	if err != nil {
		return err
	}
	list, err := s.store.Replies(r.Context(), caller(r).Principal, class, id, page, order)
	if err != nil {
		return err
	}
	return replyList(w, list)
}
