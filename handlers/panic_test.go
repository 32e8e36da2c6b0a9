package handlers

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestPanic has a bug answered as a problem that tells nothing, and logged with all there is to know.
func TestPanic(t *testing.T) {
	tokens, err := NewTokens(TokenConfig{Secret: bytes.Repeat([]byte{1}, MinSecret)})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	s := New(Config{Tokens: tokens, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	bug := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("the secret is opensesame") })
	w := httptest.NewRecorder()
	s.secureHeaders(s.recoverPanics(bug)).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/classes?token=t0ken", nil))

	answer := w.Body.String()
	if w.Code != http.StatusInternalServerError || w.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(answer, `"code":"internal"`) {
		t.Errorf("status %d: %s", w.Code, answer)
	}
	for _, secret := range []string{"opensesame", "panic", ".go", "goroutine"} {
		if strings.Contains(answer, secret) {
			t.Errorf("the answer tells %q: %s", secret, answer)
		}
	}
	if w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", w.Header())
	}
	if !strings.Contains(log.String(), "opensesame") || !strings.Contains(log.String(), "panic_test.go") || strings.Contains(log.String(), "t0ken") {
		t.Errorf("the log: %s", log.String())
	}
}
