package handlers

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/rs/cors"
)

// corsMaxAge is how long a browser may remember a preflight's answer, in seconds.
const corsMaxAge = 600

// logRequests writes a line for each request, at level debug. The query is left out: it may hold a token.
func (s *Server) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.log.Enabled(r.Context(), slog.LevelDebug) {
			next.ServeHTTP(w, r)
			return
		}
		start := time.Now()
		wrapped := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(wrapped, r)
		s.log.Debug("request", "method", r.Method, "path", Redact(r.URL.Path), "address", clientAddress(r), "status", wrapped.Status(),
			"bytes", wrapped.BytesWritten(), "duration_ms", time.Since(start).Milliseconds())
	})
}

// recoverPanics keeps one request's bug from ending the others.
func (s *Server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch bug := recover(); bug {
			case nil:
			case http.ErrAbortHandler:
				panic(bug) // net/http's own way to drop a connection
			default:
				s.log.Error("panic", "method", r.Method, "path", Redact(r.URL.Path), "panic", bug, "stack", string(debug.Stack()))
				s.fail(w, r, errPanic)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

var errPanic = errors.New("panic in a handler")

// allowOrigins lets pages of the listed origins call. Without a list there is no CORS at all. Cookies are never
// taken across origins: such a page uses tokens.
func (s *Server) allowOrigins(next http.Handler) http.Handler {
	if len(s.origins) == 0 {
		return next
	}
	return cors.New(cors.Options{
		AllowedOrigins: s.origins,
		AllowedMethods: []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowedHeaders: []string{"Authorization", "Content-Type", "If-Match", keyHeader, "Last-Event-ID", "Cache-Control"},
		ExposedHeaders: []string{cursorHeader, "ETag", "Location", replayedHeader, "Retry-After", quotaHeader, policyHeader, "WWW-Authenticate"},
		MaxAge:         corsMaxAge,
	}).Handler(next)
}
