package handlers

import (
	"net/http"
	"time"

	"github.com/go-chi/jwtauth/v5"
	"github.com/google/uuid"

	"homeroom/events"
)

// sessionCookie holds the session of a page on our own origin, where scripts can't read it.
const sessionCookie = "homeroom_session"

// hostPrefix has a browser keep a cookie only as we set it: Secure, for this host alone and all of it. So no neighbour
// on a parent domain can put one of theirs in its place (RFC 6265bis, 4.1.3.2).
const hostPrefix = "__Host-"

// createSession puts a session into a cookie, for an EventSource on the same origin, which can't send headers. The
// cookie is no bearer token, lives no longer than it, and can be revoked alone.
func (s *Server) createSession(w http.ResponseWriter, r *http.Request) error {
	if jwtauth.TokenFromHeader(r) == "" {
		return unauthorized("token_missing", "Send the token that the session is for: Authorization: Bearer TOKEN.")
	}
	id := caller(r)
	p := newPass(id, id.expires)
	p.Session = uuid.NewString()
	token, err := s.passes.sign(sessionPass, p)
	if err != nil {
		return err
	}
	cookie := s.cookie(token)
	cookie.MaxAge = max(1, int(time.Until(id.expires).Seconds()))
	http.SetCookie(w, cookie)
	w.Header().Set("Cache-Control", "no-store")
	return replyNothing(w)
}

// deleteSession drops the cookie, and revokes the session in it: a copy of the cookie is worth nothing from then on. It
// needs no token: a page whose token has expired must be able to clean up.
func (s *Server) deleteSession(w http.ResponseWriter, r *http.Request) error {
	if err := s.sameOrigin.Check(r); err != nil {
		return newProblem(http.StatusForbidden, "cross_origin", "A session is dropped by a page of this origin.")
	}
	if id, err := s.session(r); err == nil && !s.hub.Revoked(id.access()) {
		expires := events.Time(id.expires.UnixMilli())
		revocation, err := s.store.RevokeSession(r.Context(), id.Principal, id.session, expires, s.retainRevocations)
		if err != nil {
			return err // and the cookie stays, so that it can be tried again
		}
		s.hub.Revoke(revocation)
	}
	cookie := s.cookie("")
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
	return replyNothing(w)
}

// session is who a request's cookie speaks for.
func (s *Server) session(r *http.Request) (identity, error) {
	cookie, err := r.Cookie(s.cookieName())
	if err != nil || cookie.Value == "" {
		return identity{}, unauthorized("token_missing", "Send a token: Authorization: Bearer TOKEN.")
	}
	p, err := s.passes.open(sessionPass, cookie.Value)
	if err != nil {
		return identity{}, err
	}
	return p.identity(p.Expires), nil
}

// cookie is the session cookie. In development mode there is no TLS, and not every browser keeps a Secure cookie
// from http://127.0.0.1.
func (s *Server) cookie(value string) *http.Cookie {
	return &http.Cookie{
		Name: s.cookieName(), Value: value, Path: "/",
		HttpOnly: true, Secure: s.demo == nil, SameSite: http.SameSiteStrictMode,
	}
}

func (s *Server) cookieName() string {
	if s.demo == nil {
		return hostPrefix + sessionCookie
	}
	return sessionCookie
}
