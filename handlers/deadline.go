package handlers

import (
	"net/http"
	"time"
)

// boundBodies gives the body of a request bodyTimeout to arrive, whether or not its call takes one: net/http reads what is
// left of a body before it answers, and would wait for it without end.
func boundBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // not over what is no connection
		}
		next.ServeHTTP(w, r)
	})
}
