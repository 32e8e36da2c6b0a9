package handlers

import "net/http"

// listHistory reads what a message said before it was edited.
func (s *Server) listHistory(w http.ResponseWriter, r *http.Request) error {
	class, id, err := messageParams(r)
	if err != nil {
		return err
	}
	_, page, err := pageQuery(r)
	if err != nil {
		return err
	}
	list, err := s.store.FormerTexts(r.Context(), caller(r).Principal, class, id, page)
	if err != nil {
		return err
	}
	return replyList(w, list)
}
