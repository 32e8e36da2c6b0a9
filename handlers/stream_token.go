package handlers

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/jwtauth/v5"

	"homeroom/events"
)

// DefaultStreamTokenTTL is how long a stream token opens streams: so long that an EventSource, which knows only one
// address, comes back by itself for a while.
const DefaultStreamTokenTTL = 5 * time.Minute

// streamTokenParam is the query parameter that a stream token comes in: an EventSource can send nothing else to another
// origin.
const streamTokenParam = "stream_token"

// createStreamToken makes a token that opens the stream of one class, and nothing else.
func (s *Server) createStreamToken(w http.ResponseWriter, r *http.Request) error {
	if jwtauth.TokenFromHeader(r) == "" {
		return unauthorized("token_missing", "Send the token that the stream token is for: Authorization: Bearer TOKEN.")
	}
	var body struct {
		Class *string `json:"class"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var c checks
	class := c.id("class", body.Class)
	if class == nil {
		c.add("class", "is required")
	}
	if err := c.err(); err != nil {
		return err
	}
	id := caller(r)
	if _, err := s.store.Class(r.Context(), id.Principal, *class); err != nil {
		return err
	}
	expires := time.Now().Add(s.streamTokenTTL).Truncate(time.Second)
	if expires.After(id.expires) {
		expires = id.expires
	}
	p := newPass(id, expires)
	p.Class, p.Parent = *class, id.expires.Unix()
	token, err := s.passes.sign(streamPass, p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusCreated, struct {
		Token     string      `json:"token"`
		Class     string      `json:"class"`
		ExpiresAt events.Time `json:"expires_at"`
	}{token, *class, events.Time(expires.UnixMilli())})
}

// authenticateStream is authenticate for a class's stream, which a stream token opens too. Beside the Authorization
// header it is refused: which of the two is meant is not for us to guess. A cookie, which the browser adds by itself,
// doesn't count then.
func (s *Server) authenticateStream(next http.Handler) http.Handler {
	otherwise := s.authenticate(next)
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		values := r.URL.Query()
		if !values.Has(streamTokenParam) {
			otherwise.ServeHTTP(w, r)
			return nil
		}
		if r.Header.Get("Authorization") != "" {
			return invalidQuery("Send a token in the header, or a stream token in the query, and not both.")
		}
		p, err := s.passes.open(streamPass, values.Get(streamTokenParam))
		if err != nil {
			return s.reject(w, r, err)
		}
		if class, ok := parseID(chi.URLParam(r, "class")); !ok || class != p.Class {
			return s.reject(w, r, unauthorized("token_invalid", "The stream token is for another class."))
		}
		return s.enter(w, r, next, p.identity(p.Parent))
	})
}
