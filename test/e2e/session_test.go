package e2e_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

// sessionCookie is its name where there is TLS, as everywhere but in development mode.
const sessionCookie = "__Host-homeroom_session"

// openSession opens a session for the client's token and returns its cookie.
func openSession(t *testing.T, c *harness.Client) *http.Cookie {
	t.Helper()
	resp := c.Do("POST", "/v1/session", nil).Want(http.StatusNoContent)
	cookie, err := http.ParseSetCookie(resp.Header.Get("Set-Cookie"))
	if err != nil {
		t.Fatalf("Set-Cookie %q: %v", resp.Header.Get("Set-Cookie"), err)
	}
	return cookie
}

func TestSession(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{})
	nobody := func(t *testing.T) *harness.Client { return r.srv.With(t, "") }

	t.Run("the cookie is for this site's server only, and lives as long as its token", func(t *testing.T) {
		cookie := openSession(t, r.srv.With(t, ben.Token(t, time.Hour)))
		if cookie.Name != sessionCookie || !cookie.HttpOnly || !cookie.Secure || cookie.Path != "/" || cookie.SameSite != http.SameSiteStrictMode || cookie.Domain != "" {
			t.Errorf("cookie %s", cookie)
		}
		left := time.Duration(cookie.MaxAge) * time.Second
		if cookie.MaxAge == 0 {
			left = time.Until(cookie.Expires)
		}
		if left <= 0 || left > time.Hour+time.Minute {
			t.Errorf("it lives for %v: %s", left, cookie)
		}
	})

	t.Run("with it alone one reads, writes and follows", func(t *testing.T) {
		cookie := openSession(t, r.as(t, ben))
		header := cookie.Name + "=" + cookie.Value
		nobody(t).Get(r.path(), "Cookie", header).Want(http.StatusOK)
		resp, err := nobody(t).Dial(t.Context(), harness.Call{
			Method: "GET", Path: r.path("stream"), Header: map[string]string{"Cookie": header, "Sec-Fetch-Site": "same-origin"},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		first := make([]byte, len("retry: "))
		if _, err := io.ReadFull(resp.Body, first); err != nil || resp.StatusCode != http.StatusOK || string(first) != "retry: " {
			t.Errorf("the stream starts with %q, status %d, %v", first, resp.StatusCode, err)
		}
		body := map[string]string{"text": "by cookie"}
		for what, headers := range map[string][]string{
			"no browser":              {"Cookie", header},
			"a browser's own origin":  {"Cookie", header, "Origin", r.srv.URL, "Sec-Fetch-Site", "same-origin"},
			"an old browser's":        {"Cookie", header, "Origin", r.srv.URL},
			"an address typed by one": {"Cookie", header, "Sec-Fetch-Site", "none"},
		} {
			if resp := nobody(t).Do("POST", r.path("messages"), body, headers...); resp.Status != http.StatusCreated {
				t.Errorf("%s: status %d: %s", what, resp.Status, resp.Body)
			}
		}
	})

	t.Run("a page of another origin can't write with it", func(t *testing.T) {
		cookie := openSession(t, r.as(t, anna))
		header := cookie.Name + "=" + cookie.Value
		message := r.as(t, anna).Post(r.class, "to be kept")
		calls := []struct {
			method, path string
			body         any
		}{
			{"POST", r.path("messages"), `{"text":"forged"}`},
			{"PATCH", r.path("messages", message.ID), `{"text":"forged"}`},
			{"DELETE", r.path("messages", message.ID), nil},
			{"PUT", r.path("members", eve.ID), `{"role":"teacher"}`},
			{"DELETE", r.path("members", ben.ID), nil},
			{"POST", "/v1/classes", `{"name":"forged"}`},
			{"PATCH", r.path(), `{"name":"forged"}`},
			{"DELETE", r.path(), nil},
			{"DELETE", "/v1/session", nil},
		}
		for _, call := range calls {
			for what, headers := range map[string][]string{
				"by Origin":              {"Origin", stranger},
				"by Sec-Fetch-Site":      {"Sec-Fetch-Site", "cross-site"},
				"of a subdomain":         {"Sec-Fetch-Site", "same-site"},
				"by both":                {"Sec-Fetch-Site", "cross-site", "Origin", stranger},
				"with an opaque origin":  {"Origin", "null"},
				"on another port":        {"Origin", "http://127.0.0.1:1"},
				"with a name like ours":  {"Origin", r.srv.URL + ".evil.example"},
				"that claims to be ours": {"Sec-Fetch-Site", "cross-site", "Origin", r.srv.URL},
			} {
				resp := nobody(t).Do(call.method, call.path, call.body, append(headers, "Cookie", header)...)
				if resp.Status != http.StatusForbidden {
					t.Errorf("%s %s %s: status %d", call.method, call.path, what, resp.Status)
					continue
				}
				resp.WantProblem(http.StatusForbidden, "cross_origin")
			}
		}
	})

	t.Run("a bearer token needs no protection from other origins", func(t *testing.T) {
		body := map[string]string{"text": "from a script"}
		r.as(t, ben).Do("POST", r.path("messages"), body, "Origin", stranger, "Sec-Fetch-Site", "cross-site").Want(http.StatusCreated)
	})

	t.Run("a bearer token wins over a cookie", func(t *testing.T) {
		cookie := openSession(t, r.as(t, anna))
		var m harness.Message
		r.as(t, ben).Do("POST", r.path("messages"), map[string]string{"text": "who am I?"}, "Cookie", cookie.Name+"="+cookie.Value).
			Want(http.StatusCreated).Into(&m)
		if m.Author != ben.ID {
			t.Errorf("author %s", m.Author)
		}
	})

	t.Run("a cookie makes no cookie, an expired one opens nothing", func(t *testing.T) {
		cookie := openSession(t, r.as(t, ben))
		if resp := nobody(t).Do("POST", "/v1/session", nil, "Cookie", cookie.Name+"="+cookie.Value); resp.Status != http.StatusUnauthorized {
			t.Errorf("status %d: a session could be renewed for ever", resp.Status)
		}
		short := openSession(t, r.srv.With(t, ben.Token(t, 2*time.Second)))
		harness.Eventually(t, "the session ends with its token", func() bool {
			return nobody(t).Get(r.path(), "Cookie", short.Name+"="+short.Value).Status == http.StatusUnauthorized
		})
		nobody(t).Get(r.path(), "Cookie", short.Name+"="+short.Value).WantProblem(http.StatusUnauthorized, "token_expired")
		nobody(t).Do("DELETE", "/v1/session", nil, "Cookie", short.Name+"="+short.Value).Want(http.StatusNoContent)
	})

	t.Run("what is in the cookie is no bearer token, and a bearer token is no session", func(t *testing.T) {
		cookie := openSession(t, r.as(t, ben))
		r.srv.With(t, cookie.Value).Get(r.path()).WantProblem(http.StatusUnauthorized, "token_invalid")
		nobody(t).Get(r.path(), "Cookie", cookie.Name+"="+ben.Token(t, time.Hour)).WantProblem(http.StatusUnauthorized, "token_invalid")
		nobody(t).Get(r.path(), "Cookie", "homeroom_session="+cookie.Value).WantProblem(http.StatusUnauthorized, "token_missing")
	})

	t.Run("the end of a session drops the cookie", func(t *testing.T) {
		cookie := openSession(t, r.as(t, ben))
		resp := nobody(t).Do("DELETE", "/v1/session", nil, "Cookie", cookie.Name+"="+cookie.Value).Want(http.StatusNoContent)
		dropped, err := http.ParseSetCookie(resp.Header.Get("Set-Cookie"))
		if err != nil || dropped.Name != cookie.Name || dropped.MaxAge >= 0 || dropped.Path != cookie.Path || dropped.Value != "" {
			t.Errorf("Set-Cookie %q, %v", resp.Header.Get("Set-Cookie"), err)
		}
	})

	t.Run("no answer under a session may be cached by others", func(t *testing.T) {
		for _, path := range []string{r.path(), r.path("messages"), "/v1/classes"} {
			got := r.as(t, ben).Get(path).Want(http.StatusOK).Header.Get("Cache-Control")
			if !strings.Contains(got, "no-store") && !strings.Contains(got, "private") {
				t.Errorf("GET %s: Cache-Control %q", path, got)
			}
		}
	})
}
