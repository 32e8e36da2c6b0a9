package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
)

// assets is where the files of the page are.
const assets = "/assets/"

// headPaths answer HEAD as they do GET, without the body: load balancers ask for health so, and tools for pages. Under
// /v1 there is no HEAD: nobody needs it, and of a stream there would be nothing to say.
var headPaths = []string{"/", "/healthz", "/readyz", "/openapi.yaml"}

// hasHead reports whether a path that is there answers HEAD.
func hasHead(path string) bool {
	return slices.Contains(headPaths, path) || strings.HasPrefix(path, assets)
}

// answerHead routes HEAD as GET. The request stays what it is, so net/http leaves away the body.
func answerHead(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && hasHead(r.URL.Path) {
			chi.RouteContext(r.Context()).RouteMethod = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}
