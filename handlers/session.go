package handlers

import (
	"net/http"
	"time"

	"github.com/go-chi/jwtauth/v5"
)

// createSession puts the bearer token into a cookie, for an EventSource on the same origin, which can't send headers.
func (s *Server) createSession(w http.ResponseWriter, r *http.Request) error {
	token := jwtauth.TokenFromHeader(r)
	if token == "" {
		return unauthorized("token_missing", "Send the token that the session is for: Authorization: Bearer TOKEN.")
	}
	cookie := s.cookie(token)
	cookie.MaxAge = max(1, int(time.Until(caller(r).expires).Seconds()))
	http.SetCookie(w, cookie)
	return replyNothing(w)
}

// deleteSession drops the cookie. It needs no token: a page whose token has expired must be able to clean up.
func (s *Server) deleteSession(w http.ResponseWriter, r *http.Request) error {
	if err := s.sameOrigin.Check(r); err != nil {
		return newProblem(http.StatusForbidden, "cross_origin", "A session is dropped by a page of this origin.")
	}
	cookie := s.cookie("")
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
	return replyNothing(w)
}

// cookie is the session cookie. In development mode there is no TLS, and not every browser keeps a Secure cookie
// from http://127.0.0.1.
func (s *Server) cookie(value string) *http.Cookie {
	return &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/",
		HttpOnly: true, Secure: s.demo == nil, SameSite: http.SameSiteStrictMode,
	}
}
