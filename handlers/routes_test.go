package handlers

import (
	"bytes"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/go-chi/chi/v5"

	"homeroom/test/contract"
)

// TestRoutesAreTheContract holds the route tree and openapi.yaml equal, both ways.
func TestRoutesAreTheContract(t *testing.T) {
	tokens, err := NewTokens(TokenConfig{Secret: bytes.Repeat([]byte{1}, MinSecret)})
	if err != nil {
		t.Fatal(err)
	}
	server := New(Config{Tokens: tokens, Demo: &Demo{}})
	var routes []string
	err = chi.Walk(server.Handler().(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes = append(routes, method+" "+route)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var promised []string
	for _, op := range contract.Load(t).Operations() {
		promised = append(promised, op.Method+" "+op.Path)
	}
	for _, route := range routes {
		if !slices.Contains(promised, route) {
			t.Errorf("%s is not in openapi.yaml", route)
		}
	}
	for _, op := range promised {
		if !slices.Contains(routes, op) {
			t.Errorf("%s is in openapi.yaml and nowhere else", op)
		}
	}
}

func TestServedContractIsTheContract(t *testing.T) {
	want, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(openapi, want) {
		t.Error("handlers/openapi.yaml differs from openapi.yaml: run go generate ./handlers")
	}
}
