package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"homeroom/test/harness"
)

const (
	school   = "https://school.example"
	stranger = "https://elsewhere.example"
)

// preflight asks on behalf of a page whether it may call.
func preflight(c *harness.Client, path, origin, method, headers string) *harness.Response {
	return c.Do("OPTIONS", path, nil, "Origin", origin, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", headers)
}

// listed reports whether a comma-separated header has the item.
func listed(header http.Header, name, item string) bool {
	for part := range strings.SplitSeq(strings.Join(header.Values(name), ","), ",") {
		if part = strings.TrimSpace(part); strings.EqualFold(part, item) {
			return true
		}
	}
	return false
}

func TestCORS(t *testing.T) {
	t.Parallel()

	t.Run("without a list nobody is let in", func(t *testing.T) {
		t.Parallel()
		r := openRoom(t, harness.Options{})
		for _, resp := range []*harness.Response{
			r.as(t, ben).Get(r.path(), "Origin", school),
			preflight(r.srv.With(t, ""), r.path("messages"), school, "POST", "authorization,content-type"),
			r.srv.With(t, "").Get(r.path(), "Origin", school),
		} {
			for name := range resp.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("status %d with %s: %s", resp.Status, name, resp.Header.Get(name))
				}
			}
		}
	})

	t.Run("with a list", func(t *testing.T) {
		t.Parallel()
		r := openRoom(t, harness.Options{Args: []string{"--cors-origins", school + ",http://localhost:3000"}})
		page := r.srv.With(t, "")

		t.Run("a listed origin may call with what the API needs", func(t *testing.T) {
			for _, origin := range []string{school, "http://localhost:3000"} {
				for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
					resp := preflight(page, r.path("messages"), origin, method, "authorization,content-type,idempotency-key,if-match,last-event-id")
					if resp.Status != http.StatusOK && resp.Status != http.StatusNoContent {
						t.Errorf("preflight of %s: status %d", method, resp.Status)
					}
					if resp.Header.Get("Access-Control-Allow-Origin") != origin || !listed(resp.Header, "Access-Control-Allow-Methods", method) {
						t.Errorf("preflight of %s: %v", method, resp.Header)
					}
					for _, name := range []string{"authorization", "content-type", "idempotency-key", "if-match", "last-event-id"} {
						if !listed(resp.Header, "Access-Control-Allow-Headers", name) {
							t.Errorf("preflight of %s: %s is not allowed: %v", method, name, resp.Header)
						}
					}
					if !listed(resp.Header, "Vary", "Origin") {
						t.Errorf("preflight of %s: Vary %v", method, resp.Header.Values("Vary"))
					}
				}
			}
		})

		t.Run("it reads the answers, and the headers that matter", func(t *testing.T) {
			resp := r.as(t, ben).Do("POST", r.path("messages"), map[string]string{"text": "from a page"}, "Origin", school).Want(http.StatusCreated)
			if resp.Header.Get("Access-Control-Allow-Origin") != school || !listed(resp.Header, "Vary", "Origin") {
				t.Errorf("headers %v", resp.Header)
			}
			for _, name := range []string{"ETag", "Location", "Homeroom-Cursor", "Idempotency-Replayed", "Retry-After", "RateLimit", "RateLimit-Policy"} {
				if !listed(resp.Header, "Access-Control-Expose-Headers", name) {
					t.Errorf("%s is not exposed: %v", name, resp.Header.Values("Access-Control-Expose-Headers"))
				}
			}
		})

		t.Run("it reads the errors too", func(t *testing.T) {
			for _, resp := range []*harness.Response{
				page.Get(r.path(), "Origin", school),
				r.as(t, eve).Get(r.path(), "Origin", school),
				r.as(t, ben).Get("/nope", "Origin", school),
				r.as(t, ben).Do("PUT", "/v1/classes", nil, "Origin", school),
			} {
				if resp.Header.Get("Access-Control-Allow-Origin") != school {
					t.Errorf("status %d without Access-Control-Allow-Origin", resp.Status)
				}
			}
		})

		t.Run("it opens streams", func(t *testing.T) {
			resp, err := r.as(t, ben).Dial(t.Context(), harness.Call{Method: "GET", Path: r.path("stream"), Header: map[string]string{"Origin": school}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if resp.StatusCode != http.StatusOK || resp.Header.Get("Access-Control-Allow-Origin") != school {
				t.Errorf("status %d, headers %v", resp.StatusCode, resp.Header)
			}
		})

		t.Run("no other origin may", func(t *testing.T) {
			for _, origin := range []string{
				stranger, "null", "http://school.example", school + ":8443", school + ".evil.example", "https://evil-school.example", "https://SCHOOL.example.evil",
			} {
				for _, resp := range []*harness.Response{
					preflight(page, r.path("messages"), origin, "POST", "authorization,content-type"),
					r.as(t, ben).Get(r.path(), "Origin", origin),
				} {
					if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
						t.Errorf("origin %s is answered with Access-Control-Allow-Origin %s", origin, got)
					}
				}
			}
		})

		t.Run("cookies do not cross origins", func(t *testing.T) {
			resp := preflight(page, r.path("messages"), school, "POST", "content-type")
			if got := resp.Header.Get("Access-Control-Allow-Credentials"); got != "" {
				t.Errorf("Access-Control-Allow-Credentials %s", got)
			}
		})
	})
}
