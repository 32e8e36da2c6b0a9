package handlers

import (
	"net/http"

	"homeroom/events"
)

// access is by what somebody is let in, as the hub knows it.
func (id identity) access() events.Access {
	a := events.Access{User: id.User, Session: id.session}
	if !id.issued.IsZero() {
		a.Issued = events.Time(id.issued.UnixMilli())
	}
	return a
}

// errRevoked answers what was revoked.
var errRevoked = unauthorized("session_revoked", "The session was ended, or everything that you were given by then. Sign in again.")

// endSessions ends all that a user was issued until now.
func (s *Server) endSessions(w http.ResponseWriter, r *http.Request) error {
	id := caller(r)
	user, err := pathUser(r)
	if err != nil {
		return err
	}
	revocation, err := s.store.EndSessions(r.Context(), id.Principal, user, s.retainRevocations)
	if err != nil {
		return err
	}
	s.hub.Revoke(revocation)
	s.audit(r, "end sessions", user)
	return replyNothing(w)
}
