package handlers

import (
	"net/http"

	"homeroom/storage"
)

func (s *Server) acknowledge(w http.ResponseWriter, r *http.Request, key storage.BulletinKey) error {
	a, err := s.store.Acknowledge(r.Context(), caller(r).Principal, key)
	if err != nil {
		return err
	}
	s.hub.Acted(key.Class, caller(r).User)
	return reply(w, http.StatusOK, a)
}

func (s *Server) listAcknowledgements(w http.ResponseWriter, r *http.Request, key storage.BulletinKey) error {
	values, page, err := pageQuery(r, "state")
	if err != nil {
		return err
	}
	state := storage.AcknowledgementState(values.Get("state"))
	if values.Has("state") && state != storage.Acknowledged && state != storage.Missing {
		return invalidQuery("state must be acknowledged or missing.")
	}
	list, err := s.store.Acknowledgements(r.Context(), caller(r).Principal, key, state, page)
	if err != nil {
		return err
	}
	w.Header().Set(cursorHeader, list.At.String())
	return reply(w, http.StatusOK, struct {
		listBody[storage.MemberAcknowledgement]
		AcknowledgedCount int64 `json:"acknowledged_count"`
		MemberCount       int64 `json:"member_count"`
	}{newListBody(list.List), list.Tally.AcknowledgedCount, list.Tally.MemberCount})
}
