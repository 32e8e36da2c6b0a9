package handlers

import "net/http"

// audit logs what an admin did: who did what to which target, and more about it.
func (s *Server) audit(r *http.Request, action, target string, more ...any) {
	s.log.With(more...).Info("audit", "action", action, "actor", caller(r).User, "target", target)
}
