package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/jwtauth/v5"
)

// sessionCookie holds the bearer token of a page on our own origin, where scripts can't read it.
const sessionCookie = "homeroom_session"

type identityKey struct{}

// authenticate finds out who calls, from the Authorization header or else from the session cookie. A cookie is sent
// by the browser whoever made it call, so a change under a cookie must come from a page of ours.
func (s *Server) authenticate(next http.Handler) http.Handler {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		text := jwtauth.TokenFromHeader(r)
		if text == "" {
			cookie, err := r.Cookie(sessionCookie)
			if err != nil || cookie.Value == "" {
				return unauthorized("token_missing", "Send a token: Authorization: Bearer TOKEN.")
			}
			if err := s.sameOrigin.Check(r); err != nil {
				return newProblem(http.StatusForbidden, "cross_origin", "A change under the session cookie must come from a page of this origin.")
			}
			text = cookie.Value
		}
		id, err := s.tokens.verify(r.Context(), text)
		if errors.Is(err, errNoKeys) && opensStream(r) {
			return s.refuseStream(w, err)
		}
		if err != nil {
			return s.limits.failed(w, r, err)
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, id)))
		return nil
	})
}

// caller is who authenticate found.
func caller(r *http.Request) identity {
	return r.Context().Value(identityKey{}).(identity)
}

// opensStream reports whether a request is for a stream. It is asked below the router, which has found the route.
func opensStream(r *http.Request) bool {
	return strings.HasSuffix(chi.RouteContext(r.Context()).RoutePattern(), "/stream")
}
