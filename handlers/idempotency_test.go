package handlers

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"homeroom/storage"
)

func TestParseKey(t *testing.T) {
	long := strings.Repeat("k", maxKey)
	for _, c := range []struct{ text, want string }{ // want "": refused
		{"4f1f6a0c", "4f1f6a0c"},
		{"!~:/?#[]@", "!~:/?#[]@"},
		{`"4f1f6a0c"`, "4f1f6a0c"},
		{`"a\"b\\c"`, `a"b\c`},
		{`a"b`, `a"b`},
		{`a\b`, `a\b`},
		{long, long},
		{`"` + long + `"`, long},
		{"", ""},
		{`""`, ""},
		{`"`, ""},
		{`"open`, ""},
		{`"shut"and open`, ""},
		{`"shut";param=1`, ""},
		{`"ends in \"`, ""},
		{`"\n"`, ""},
		{long + "k", ""},
		{`"` + long + `k"`, ""},
		{"two words", ""},
		{`"two words"`, ""},
		{"tab\tbed", ""},
		{"naïve", ""},
		{"\x7f", ""},
		{"\xff", ""},
	} {
		got, err := parseKey(c.text)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q: got %q, %v; want %q", c.text, got, err, c.want)
		}
		if p, ok := errors.AsType[*Problem](err); err != nil && (!ok || p.Code != "invalid_idempotency_key" || p.Status != http.StatusBadRequest) {
			t.Errorf("%q: error %v", c.text, err)
		}
	}
}

func TestAttempt(t *testing.T) {
	draft := storage.MessageDraft{Text: "hello"}
	request := func(keys ...string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header[keyHeader] = keys
		return r
	}
	none, err := attempt(request(), "/p", draft)
	if err != nil || none != (storage.Attempt{}) {
		t.Errorf("without a key: %+v, %v", none, err)
	}
	if _, err := attempt(request("a", "a"), "/p", draft); err == nil {
		t.Error("two keys were taken")
	}
	first, err := attempt(request("a"), "/p", draft)
	if err != nil || first.Key != "a" || first.Path != "/p" || len(first.Fingerprint) != 64 {
		t.Errorf("with a key: %+v, %v", first, err)
	}
	draft.Attempt = first
	if again, err := attempt(request(`"a"`), "/p", draft); err != nil || again != first {
		t.Errorf("again: %+v, %v, and before %+v", again, err, first)
	}
	for what, fields := range map[string]any{
		"another path":  nil,
		"another value": struct{ Text string }{"bye"},
		"another field": struct{ Title string }{"hello"},
		"one field more": struct {
			Text string
			More bool
		}{"hello", false},
	} {
		path, body := "/p", fields
		if fields == nil {
			path, body = "/q", draft
		}
		if other, err := fingerprint(path, body); err != nil || other == first.Fingerprint {
			t.Errorf("%s has the fingerprint %s, %v", what, other, err)
		}
	}
	same, err := fingerprint("/p", struct {
		More *int
		Text string
	}{nil, "hello"})
	if err != nil || same != first.Fingerprint {
		t.Errorf("a field that is nil, in another order: %s, %v; want %s", same, err, first.Fingerprint)
	}
}
