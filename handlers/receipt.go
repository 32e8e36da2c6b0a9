package handlers

import (
	"net/http"

	"homeroom/events"
	"homeroom/storage"
)

func (s *Server) updateReceipt(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	var body struct {
		Delivered *int64 `json:"delivered"`
		Read      *int64 `json:"read"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var c checks
	if body.Delivered == nil && body.Read == nil {
		c.add("read", "is required, or delivered is")
	}
	c.seq("delivered", body.Delivered)
	c.seq("read", body.Read)
	if err := c.err(); err != nil {
		return err
	}
	change := storage.ReceiptChange{Delivered: body.Delivered, Read: body.Read}
	receipt, err := s.store.UpdateReceipt(r.Context(), caller(r).Principal, class, change)
	if err != nil {
		return err
	}
	s.hub.Acted(class, caller(r).User)
	return reply(w, http.StatusOK, receipt)
}

// seq checks an optional position in a class's log; 0 is before all of it.
func (c *checks) seq(field string, value *int64) {
	if value != nil && *value < 0 {
		c.add(field, "must not be negative")
	}
}

func (s *Server) listReceipts(w http.ResponseWriter, r *http.Request) error {
	return listClass(w, r, s.store.Receipts)
}

func (s *Server) getMessageReceipts(w http.ResponseWriter, r *http.Request) error {
	class, id, err := messageParams(r)
	if err != nil {
		return err
	}
	receipts, err := s.store.MessageReceipts(r.Context(), caller(r).Principal, class, id)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, receipts)
}

// countDelivered notes that what lies before the cursor that a reader gave has reached it. The reader doesn't wait.
func (s *Server) countDelivered(r *http.Request, stream *events.Stream, after *events.Cursor) {
	for class, seq := range stream.Acknowledged(after) {
		s.store.Delivered(caller(r).Principal, class, seq)
	}
}
