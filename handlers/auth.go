package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/jwtauth/v5"
)

type identityKey struct{}

// authenticate finds out who calls, from the Authorization header or else from the session cookie. A cookie is sent
// by the browser whoever made it call, so a change under a cookie must come from a page of ours.
func (s *Server) authenticate(next http.Handler) http.Handler {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		id, err := s.identify(r)
		if err != nil {
			return s.reject(w, r, err)
		}
		return s.enter(w, r, next, id)
	})
}

// reject answers one who is not let in.
func (s *Server) reject(w http.ResponseWriter, r *http.Request, cause error) error {
	if errors.Is(cause, errNoKeys) && opensStream(r) {
		return s.refuseStream(w, cause)
	}
	return s.limits.failed(w, r, cause)
}

// identify finds out who calls.
func (s *Server) identify(r *http.Request) (identity, error) {
	if text := jwtauth.TokenFromHeader(r); text != "" {
		return s.bearer(r.Context(), text)
	}
	id, err := s.session(r)
	if err != nil {
		return identity{}, err
	}
	if err := s.sameOrigin.Check(r); err != nil {
		return identity{}, newProblem(http.StatusForbidden, "cross_origin", "A change under the session cookie must come from a page of this origin.")
	}
	return id, nil
}

// bearer is who a bearer token speaks for. What says that it is a pass is none, whoever signed it.
func (s *Server) bearer(ctx context.Context, text string) (identity, error) {
	if isPass(text) {
		return identity{}, errPass
	}
	return s.tokens.verify(ctx, text)
}

// enter lets somebody in, unless that was revoked.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, next http.Handler, id identity) error {
	if s.hub.Revoked(id.access()) {
		return errRevoked
	}
	next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, id)))
	return nil
}

// caller is who authenticate found.
func caller(r *http.Request) identity {
	return r.Context().Value(identityKey{}).(identity)
}

// opensStream reports whether a request is for a stream. It is asked below the router, which has found the route.
func opensStream(r *http.Request) bool {
	return strings.HasSuffix(chi.RouteContext(r.Context()).RoutePattern(), "/stream")
}
