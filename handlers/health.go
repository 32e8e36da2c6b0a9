package handlers

import (
	"context"
	"net/http"
	"time"

	"homeroom/events"
)

// readyWait is how long the database may take to answer before this node counts as not ready.
const readyWait = 2 * time.Second

type status struct {
	Status string `json:"status"`
}

// healthy answers as long as the process does.
func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, status{"ok"})
}

// ready answers whether this node should get requests: the database answers, tokens can be verified, and
// the node isn't about to stop.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyWait)
	defer cancel()
	if s.hub.Closed() {
		return events.ErrClosed
	}
	if err := s.tokens.ready(); err != nil {
		return err
	}
	if err := s.store.Ping(ctx); err != nil {
		return err
	}
	return reply(w, http.StatusOK, status{"ready"})
}
