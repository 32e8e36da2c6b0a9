package handlers

import (
	"net/http"
	"time"
)

// boundBodies gives the body of a request bodyTimeout to arrive, whether or not its call takes one: net/http reads what is
// left of a body before it answers, and would wait for it without end.
//
// A body in chunks ends its connection with the answer. If the request had a Content-Length too, which net/http drops
// silently, a proxy before us may see another end of it, and another request behind it, than we do (RFC 9112, 6.1).
func boundBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // fails only over what is no connection
		}
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
