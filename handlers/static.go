package handlers

import (
	_ "embed"
	"net/http"

	"github.com/go-chi/chi/v5"

	"homeroom/handlers/web"
)

// openapi is the contract. Go embeds only what lies below a package, so this is a copy of the one at the top; a test
// holds them equal.
//
//go:generate cp ../openapi.yaml openapi.yaml
//go:embed openapi.yaml
var openapi []byte

// serveContract serves the contract.
func serveContract(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(openapi) // a caller who is gone needs no answer
}

// asset serves a file of the page.
func asset(w http.ResponseWriter, r *http.Request) error {
	if !web.Asset(w, r, chi.URLParam(r, "file")) {
		return noRoute(w, r)
	}
	return nil
}
