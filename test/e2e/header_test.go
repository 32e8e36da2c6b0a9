package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"homeroom/test/harness"
)

// checkSafe holds an answer to what openapi.yaml says every answer has. TestRoutes does so with every operation.
func checkSafe(t *testing.T, header http.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
	} {
		if got := strings.Join(header.Values(name), "|"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	policy := strings.Join(header.Values("Content-Security-Policy"), "|")
	if !strings.HasPrefix(policy, "default-src 'none'; ") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("Content-Security-Policy: %q", policy)
	}
	if cache := header.Get("Cache-Control"); !strings.HasPrefix(cache, "no-store") && cache != "no-cache" {
		t.Errorf("Cache-Control: %q", cache)
	}
	for _, name := range []string{"Server", "X-Powered-By", "Via"} {
		if got := header.Get(name); got != "" {
			t.Errorf("%s: %s tells what this is made of", name, got)
		}
	}
}

// TestHeaders is about answers that no operation gives; TestRoutes has the others.
func TestHeaders(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{Args: []string{"--cors-origins", school}})
	anybody := r.srv.With(t, "")

	t.Run("errors and preflights have them too", func(t *testing.T) {
		for _, resp := range []*harness.Response{
			anybody.Get("/nope"),
			anybody.Do("PUT", "/healthz", nil),
			r.as(t, ben).Do("POST", r.path("messages"), "{"),
			r.as(t, ben).Get(r.path("events") + "?after=nonsense"),
			r.as(t, eve).Get(r.path()),
			preflight(anybody, r.path("messages"), school, "POST", "authorization"),
			preflight(anybody, r.path("messages"), stranger, "POST", "authorization"),
			r.as(t, ben).Get(r.path(), "Origin", school),
		} {
			checkSafe(t, resp.Header)
		}
	})

	t.Run("a stream has them, whoever writes it", func(t *testing.T) {
		checkSafe(t, r.as(t, ben).Stream(r.class).Header)
		behind := r.as(t, ben).Over(&http.Transport{DisableKeepAlives: true})
		checkSafe(t, behind.Stream(r.class).Header)
	})

	t.Run("browsers are told to come over HTTPS only where that is so", func(t *testing.T) {
		if got := anybody.Get("/healthz").Header.Get("Strict-Transport-Security"); got != "" {
			t.Errorf("over HTTP: %q", got)
		}
		for _, tt := range []struct {
			opts harness.Options
			want string
		}{
			{harness.Options{Args: []string{"--hsts", "always"}}, "max-age=31536000"},
			{harness.Options{TLS: true, Args: []string{"--hsts", "off"}}, ""},
		} {
			srv := harness.Start(t, tt.opts)
			if got := srv.With(t, "").Get("/healthz").Header.Get("Strict-Transport-Security"); got != tt.want {
				t.Errorf("%v: %q, want %q", tt.opts.Args, got, tt.want)
			}
		}
	})

	t.Run("the page may load itself and no more, and shares its window with nobody", func(t *testing.T) {
		header := anybody.Get("/").Want(http.StatusOK).Header
		for _, part := range []string{"script-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(header.Get("Content-Security-Policy"), part) {
				t.Errorf("no %s in %q", part, header.Get("Content-Security-Policy"))
			}
		}
		if got := header.Get("Cross-Origin-Opener-Policy"); got != "same-origin" {
			t.Errorf("Cross-Origin-Opener-Policy %q", got)
		}
		if got := header.Get("Permissions-Policy"); !strings.Contains(got, "camera=()") || !strings.Contains(got, "geolocation=()") {
			t.Errorf("Permissions-Policy %q", got)
		}
	})
}

// TestMethods tries methods that no operation has.
func TestMethods(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{})
	message := r.as(t, ben).Post(r.class, "still here")

	t.Run("HEAD is for pages and health, without a body", func(t *testing.T) {
		for path, status := range map[string]int{
			"/": 200, "/assets/app.js": 200, "/healthz": 200, "/readyz": 200, "/openapi.yaml": 200,
			"/assets/nope.js": 404, "/nope": 405, "/metrics": 405, r.path(): 405, r.path("stream"): 405,
		} {
			resp := r.as(t, ben).Do("HEAD", path, nil)
			if path == "/nope" {
				status = 404
			}
			if resp.Status != status || len(resp.Body) > 0 {
				t.Errorf("HEAD %s: status %d, want %d; body %q", path, resp.Status, status, resp.Body)
			}
			checkSafe(t, resp.Header)
		}
		if got := r.srv.With(t, "").Do("POST", "/healthz", nil).Header.Get("Allow"); got != "GET, HEAD" {
			t.Errorf("Allow: %q", got)
		}
	})

	t.Run("others are refused, and tell nothing back", func(t *testing.T) {
		for _, method := range []string{"TRACE", "OPTIONS", "TRACK", "PROPFIND", "BREW", "get"} {
			answer := raw(t, r.srv, fmt.Sprintf("%s /healthz HTTP/1.1\r\nHost: x\r\nX-Secret: opensesame\r\nConnection: close\r\n\r\n", method))
			if !strings.HasPrefix(answer, "HTTP/1.1 405 ") || strings.Contains(answer, "opensesame") || !strings.Contains(answer, `"method_not_allowed"`) {
				t.Errorf("%s: %.300s", method, answer)
			}
		}
		for _, target := range []string{"CONNECT 127.0.0.1:1", "CONNECT /v1/classes", "OPTIONS *", "GET *", "PRI *"} {
			answer := raw(t, r.srv, target+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			if status := strings.Fields(answer)[1]; status != "400" && status != "404" && status != "405" {
				t.Errorf("%s: %.300s", target, answer)
			}
		}
	})

	t.Run("no header or field makes one method another", func(t *testing.T) {
		for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
			r.as(t, ben).Do("POST", r.path("messages", message.ID), nil, name, "DELETE").WantProblem(http.StatusMethodNotAllowed, "method_not_allowed")
			r.as(t, ben).Get(r.path("messages", message.ID), name, "DELETE").Want(http.StatusOK)
		}
		r.as(t, ben).Do("POST", r.path("messages", message.ID)+"?_method=DELETE", nil).WantProblem(http.StatusMethodNotAllowed, "method_not_allowed")
		if got := r.as(t, ben).Message(r.class, message.ID); got.Text == nil {
			t.Error("the message is gone")
		}
	})
}
