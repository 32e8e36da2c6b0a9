package handlers

import "net/http"

// HSTS says which answers tell browsers to come back over HTTPS only (RFC 6797).
type HSTS string

// The settings of HSTS. The zero value is HSTSOwn.
const (
	HSTSOwn    HSTS = "tls"    // those over TLS that ends here
	HSTSAlways HSTS = "always" // all: TLS ends at a proxy in front
	HSTSOff    HSTS = "off"
)

// strictTransport is for a year, and for this host alone: its neighbours are not ours to decide about.
const strictTransport = "max-age=31536000"

// safeHeaders are on every answer. They take from browsers what no answer needs: guessing at types, telling where one
// came from, frames, and being a part of another site's page. (Pages of the listed origins may call all the same:
// Cross-Origin-Resource-Policy is for requests without CORS.) The page has a policy of its own that lets it load what it is made of.
var safeHeaders = map[string]string{
	"Cache-Control":                "no-store",
	"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY", // for browsers older than frame-ancestors
}

// secureHeaders puts them there before anybody else does, so that what a handler sets itself counts.
func (s *Server) secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		for name, value := range safeHeaders {
			header.Set(name, value)
		}
		if s.hsts == HSTSAlways || s.hsts != HSTSOff && r.TLS != nil {
			header.Set("Strict-Transport-Security", strictTransport)
		}
		next.ServeHTTP(w, r)
	})
}
