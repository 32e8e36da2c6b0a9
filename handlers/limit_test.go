package handlers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"homeroom/storage"
	"homeroom/test/contract"
)

// TestEveryCallHasALimit holds the kinds of calls and openapi.yaml equal.
func TestEveryCallHasALimit(t *testing.T) {
	table := Limits{}.table()
	known := map[string]bool{}
	for kind, row := range table {
		if row.name == "" || row.Address <= 0 || row.User < 0 || row.User > row.Address || known[row.name] {
			t.Errorf("kind %d: %+v", kind, row)
		}
		if (row.User == 0) != row.strangers {
			t.Errorf("%s: who has no token can't be counted as a user, and everybody else has to be: %+v", row.name, row)
		}
		known[row.name] = true
	}

	limited := map[string]string{}
	server := testServer(t, Config{})
	err := chi.Walk(server.Handler().(chi.Routes), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if strings.HasPrefix(pattern, "/v1/") {
			limited[method+" "+pattern] = table[limitKindOf(method, pattern)].name
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range contract.Load(t).Operations() {
		if limited[op.String()] != op.Limit {
			t.Errorf("%s: x-limit is %q, and it is counted as %q", op, op.Limit, limited[op.String()])
		}
		delete(limited, op.String())
	}
	if len(limited) > 0 {
		t.Errorf("not in openapi.yaml: %v", limited)
	}
}

// TestRoutesAreLimited calls every route, and looks whether it was counted as what it is.
func TestRoutesAreLimited(t *testing.T) {
	server := testServer(t, Config{})
	token := testToken(t, server, storage.GlobalStudent)
	err := chi.Walk(server.Handler().(chi.Routes), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !strings.HasPrefix(pattern, "/v1/") {
			return nil
		}
		w := call(server, method, strings.NewReplacer("{", "", "}", "").Replace(pattern), token, "203.0.113.7")
		name := Limits{}.table()[limitKindOf(method, pattern)].name
		if pattern == "/v1/classes/{class}/events" {
			name = "read" // as it doesn't wait
		}
		if policy := w.Header().Get(policyHeader); !strings.Contains(policy, `"`+name+`-address";`) || (name != "sign-out") != strings.Contains(policy, `"`+name+`";`) {
			t.Errorf("%s %s: policy %q, want that of %q", method, pattern, policy, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w := call(server, http.MethodGet, "/v1/classes/x/events?wait=1", token, "203.0.113.7")
	if policy := w.Header().Get(policyHeader); !strings.Contains(policy, `"poll";`) {
		t.Errorf("policy of a long poll %q", policy)
	}
}

func TestWithoutLimits(t *testing.T) {
	server := testServer(t, Config{Unlimited: true, Limits: Limits{Read: Limit{1, 1}, BadToken: 1}})
	token := testToken(t, server, storage.GlobalStudent)
	for range 3 {
		w := call(server, http.MethodGet, "/v1/classes/x", token, "203.0.113.7")
		if w.Code != http.StatusBadRequest || w.Header().Get(policyHeader) != "" || w.Header().Get(quotaHeader) != "" {
			t.Errorf("status %d, header %v", w.Code, w.Header())
		}
		if w := call(server, http.MethodGet, "/v1/classes/x", "no token", "203.0.113.7"); w.Code != http.StatusUnauthorized {
			t.Errorf("status %d to a bad token", w.Code)
		}
	}
}
