package handlers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-chi/chi/v5"

	"homeroom/events"
	"homeroom/storage"
)

// testServer is a server without a database: enough for what is decided before one is asked.
func testServer(tb testing.TB, cfg Config) *Server {
	tb.Helper()
	tokens, err := NewTokens(TokenConfig{Secret: []byte("a secret of the tests here, long enough for HS256")})
	if err != nil {
		tb.Fatal(err)
	}
	hub, err := events.New(events.Config{Log: noStore{}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(hub.Close)
	cfg.Tokens, cfg.Hub, cfg.Store = tokens, hub, noStore{}
	return New(cfg)
}

func testToken(tb testing.TB, server *Server, role storage.GlobalRole) string {
	tb.Helper()
	token, err := server.tokens.Mint(storage.Principal{User: "anna", Role: role}, time.Hour)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// call makes a call that fails in one way or another before anything is done.
func call(server *Server, method, path, token, address string, headers ...string) *httptest.ResponseRecorder {
	if !strings.Contains(path, "?") {
		path += "?none=1"
	}
	r := httptest.NewRequest(method, path, strings.NewReader("{"))
	r.RemoteAddr = address + ":4711"
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	server.Handler().ServeHTTP(w, r)
	return w
}

const post = "/v1/classes/x/messages" // which is no id

// wantStatus makes calls and checks what each is answered.
func wantStatus(t *testing.T, what string, statuses []int, next func() *httptest.ResponseRecorder) {
	t.Helper()
	for i, status := range statuses {
		if w := next(); w.Code != status {
			t.Errorf("%s, call %d: status %d, want %d: %s", what, i, w.Code, status, w.Body)
		}
	}
}

func TestCallsAreRefused(t *testing.T) {
	const passed, refused = http.StatusBadRequest, http.StatusTooManyRequests
	inFakeTime := func(name string, limits Limits, story func(t *testing.T, server *Server)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Now().Truncate(limitWindow).Add(limitWindow))) // fake time: a full minute
				story(t, testServer(t, Config{Limits: limits}))
			})
		})
	}
	inFakeTime("the answer", Limits{Post: Limit{2, 100}}, func(t *testing.T, server *Server) {
		token := testToken(t, server, storage.GlobalStudent)
		next := func() *httptest.ResponseRecorder {
			return call(server, http.MethodPost, post, token, "203.0.113.7", keyHeader, "k")
		}
		wantStatus(t, "posts", []int{passed, passed}, next)
		w := next()
		for name, want := range map[string]string{
			"Retry-After": "76", "RateLimit-Policy": `"post";q=2;w=60`, "RateLimit": `"post";r=0;t=76`, "Content-Type": "application/problem+json",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if body := w.Body.String(); w.Code != refused || !strings.Contains(body, `"code":"too_many_requests"`) || !strings.Contains(body, "in 76 s, with the same Idempotency-Key") {
			t.Errorf("status %d: %s", w.Code, body)
		}
		time.Sleep(76 * time.Second) // fake time
		wantStatus(t, "after the wait", []int{passed, refused}, next)
	})
	inFakeTime("what a user's limit refuses isn't counted for the address", Limits{Post: Limit{2, 4}}, func(t *testing.T, server *Server) {
		token := testToken(t, server, storage.GlobalStudent)
		wantStatus(t, "one", []int{passed, passed, refused, refused, refused, refused}, func() *httptest.ResponseRecorder {
			return call(server, http.MethodPost, post, token, "203.0.113.7")
		})
		if q := server.limits.kinds[posting].byAddress.usage("203.0.113.7", time.Now()); q.current != 2 {
			t.Errorf("counted for the address: %+v", q)
		}
	})
	inFakeTime("teachers have no limits of their own, but in joining, and at an address", Limits{Post: Limit{1, 3}, Join: Limit{1, 3}}, func(t *testing.T, server *Server) {
		token := testToken(t, server, storage.GlobalTeacher)
		wantStatus(t, "posts", []int{passed, passed, passed, refused}, func() *httptest.ResponseRecorder {
			return call(server, http.MethodPost, post, token, "203.0.113.7")
		})
		wantStatus(t, "joining", []int{passed, refused}, func() *httptest.ResponseRecorder {
			return call(server, http.MethodPost, strings.Replace(post, "messages", "join", 1), token, "203.0.113.7")
		})
	})
	inFakeTime("teachers have a multiple", Limits{Post: Limit{1, 100}, StaffFactor: 3}, func(t *testing.T, server *Server) {
		token := testToken(t, server, storage.GlobalAdmin)
		wantStatus(t, "posts", []int{passed, passed, passed, refused}, func() *httptest.ResponseRecorder {
			return call(server, http.MethodPost, post, token, "203.0.113.7")
		})
	})
	inFakeTime("bad tokens", Limits{BadToken: 2}, func(t *testing.T, server *Server) {
		wantStatus(t, "bad tokens", []int{401, 401, refused, refused}, func() *httptest.ResponseRecorder {
			return call(server, http.MethodPost, post, "bad", "203.0.113.7")
		})
		wantStatus(t, "from another address", []int{401}, func() *httptest.ResponseRecorder {
			return call(server, http.MethodPost, post, "bad", "203.0.113.8")
		})
		wantStatus(t, "from this machine", []int{401, 401, 401}, func() *httptest.ResponseRecorder {
			return call(server, http.MethodPost, post, "bad", "127.0.0.1")
		})
		wantStatus(t, "good ones, which nobody has seen before", []int{passed, passed, passed}, func() *httptest.ResponseRecorder {
			return call(server, http.MethodPost, post, testToken(t, server, storage.GlobalStudent), "203.0.113.7")
		})
		expired, err := server.tokens.Mint(storage.Principal{User: "anna", Role: storage.GlobalStudent}, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second) // fake time
		wantStatus(t, "expired ones, and none", []int{401, 401}, func() *httptest.ResponseRecorder {
			return call(server, http.MethodPost, post, expired, "203.0.113.7")
		})
	})
}

// BenchmarkLimits measures what counting a call costs: by its user and by its address.
func BenchmarkLimits(b *testing.B) {
	for name, limits := range map[string]Limits{"passes": {Post: Limit{1 << 30, 1 << 30}}, "refused": {Post: Limit{1, 1 << 30}}} {
		b.Run(name, func(b *testing.B) {
			server := testServer(b, Config{Limits: limits})
			r := httptest.NewRequest(http.MethodPost, post, nil)
			r.RemoteAddr = "203.0.113.7:4711"
			route := chi.NewRouteContext()
			route.RoutePatterns = []string{"/v1/*", "/classes/{class}/messages"}
			ctx := context.WithValue(r.Context(), chi.RouteCtxKey, route)
			r = r.WithContext(context.WithValue(ctx, identityKey{}, identity{Principal: storage.Principal{User: "anna", Role: storage.GlobalStudent}}))
			handler := server.limitCalls(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			w := nobody{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(&w, r)
			}
		})
	}
}
