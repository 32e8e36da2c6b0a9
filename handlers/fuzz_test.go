package handlers

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"homeroom/storage"
)

// wantProblem fails unless an error is an answer of ours, with one of the statuses.
func wantProblem(t *testing.T, err error, statuses ...int) {
	t.Helper()
	if p := problemOf(err); !slices.Contains(statuses, p.Status) || p.Code == "" || !utf8.ValidString(p.Detail) {
		t.Errorf("%v is answered with %+v", err, p)
	}
}

// FuzzBody reads a body as each call that takes texts does. What is taken is within its bounds, and means the same when
// it is written again.
func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"text":"hello"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		request := func(body []byte) *http.Request {
			r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			return r
		}
		bounds := func(text string, most int, allowed string) {
			t.Helper()
			if !utf8.ValidString(text) || strings.TrimSpace(text) == "" || utf8.RuneCountInString(text) > most || hasControl(text, allowed) {
				t.Errorf("%q was taken", text)
			}
		}
		w := recorder{httptest.NewRecorder()}
		if draft, err := messageDraft(w, request(body)); err != nil {
			wantProblem(t, err, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge)
		} else {
			bounds(draft.Text, maxText, "\n\t")
			again, err := json.Marshal(map[string]any{"text": draft.Text, "parent_id": draft.ParentID})
			if err != nil {
				t.Fatal(err)
			}
			second, err := messageDraft(w, request(again))
			if err != nil || second.Text != draft.Text || (second.ParentID == nil) != (draft.ParentID == nil) {
				t.Errorf("%+v, written again, is %+v, %v", draft, second, err)
			}
		}
		for _, kind := range []storage.BulletinKind{storage.Announcement, storage.Assignment} {
			if draft, err := bulletinDraft(w, request(body), kind); err != nil {
				wantProblem(t, err, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge)
			} else {
				bounds(draft.Title, maxTitle, "")
				bounds(draft.Text, maxText, "\n\t")
			}
		}
	})
}

// recorder is a response whose connection has no deadlines to set.
type recorder struct{ *httptest.ResponseRecorder }

// SetReadDeadline is for [http.ResponseController].
func (recorder) SetReadDeadline(time.Time) error { return nil }

// FuzzQuery reads a query as each list and stream does.
func FuzzQuery(f *testing.F) {
	f.Add("limit=50&page=x&order=asc")
	f.Fuzz(func(t *testing.T, text string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/", RawQuery: text}, Header: http.Header{}}
		if values, page, err := pageQuery(r, "order"); err != nil {
			wantProblem(t, err, http.StatusBadRequest)
		} else {
			if page.Limit < 1 || page.Limit > maxPage || len(values) > 3 {
				t.Errorf("%q asks for %+v with %v", text, page, values)
			}
			if order, err := orderParam(values, storage.NewestFirst); err == nil && order != storage.NewestFirst && order != storage.OldestFirst {
				t.Errorf("%q asks for the order %q", text, order)
			}
		}
		values, err := query(r, "last_event_id", "lastEventId", "types", "limit", "resume")
		if err != nil {
			wantProblem(t, err, http.StatusBadRequest)
			return
		}
		if limit, err := intParam(values, "limit", 7, 1, maxEvents); err == nil && (limit < 1 || limit > maxEvents) {
			t.Errorf("%q has the limit %d", text, limit)
		}
		if cursor, err := cursorParam("", values, "last_event_id", "lastEventId"); err != nil {
			wantProblem(t, err, http.StatusBadRequest)
		} else if cursor != nil && cursor.String() != values.Get("last_event_id") && cursor.String() != values.Get("lastEventId") {
			t.Errorf("%q has the cursor %s", text, cursor)
		}
		types, err := typesParam(values)
		if err != nil {
			wantProblem(t, err, http.StatusBadRequest)
		}
		for name := range types {
			if !name.Offered() {
				t.Errorf("%q chooses %q", text, name)
			}
		}
	})
}

// FuzzAuthorization shows a server headers and cookies. It takes no token but those that were signed.
func FuzzAuthorization(f *testing.F) {
	tokens, err := NewTokens(TokenConfig{Secret: bytes.Repeat([]byte{1}, MinSecret)})
	if err != nil {
		f.Fatal(err)
	}
	const user = "alice"
	good, err := tokens.Mint(storage.Principal{User: user, Role: storage.GlobalStudent}, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	server := testServer(f, Config{SigningKey: bytes.Repeat([]byte{2}, MinSecret), Unlimited: true})
	server.tokens = tokens
	session, err := server.passes.sign(sessionPass, pass{Session: "s", User: user, Role: storage.GlobalStudent, Expires: time.Now().Add(time.Hour).Unix()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("Bearer x.y.z", server.cookieName()+"=x.y.z") // GOOD stands for the token, and for the session in the cookie
	f.Fuzz(func(t *testing.T, authorization, cookie string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["Authorization"] = []string{strings.ReplaceAll(authorization, "GOOD", good)}
		r.Header["Cookie"] = []string{strings.ReplaceAll(cookie, "GOOD", session)}
		var taken bool
		w := httptest.NewRecorder()
		server.authenticate(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			taken = true
			if id := caller(r); id.User != user || id.Role != storage.GlobalStudent {
				t.Errorf("%q and %q are taken for %+v", authorization, cookie, id)
			}
		})).ServeHTTP(w, r)
		if taken != (w.Code == http.StatusOK) || !taken && (w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "") {
			t.Errorf("%q and %q: taken %t, status %d", authorization, cookie, taken, w.Code)
		}
		if taken && !strings.Contains(authorization+cookie, "GOOD") {
			t.Errorf("%q and %q have no good token and are taken", authorization, cookie)
		}
	})
}

// FuzzKey reads idempotency keys. One that is taken is within its bounds, and is the same when it is quoted.
func FuzzKey(f *testing.F) {
	f.Add("4f1f6a0c")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := parseKey(text)
		if err != nil {
			wantProblem(t, err, http.StatusBadRequest)
			return
		}
		if key == "" || len(key) > maxKey || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q is taken as %q", text, key)
		}
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
		if again, err := parseKey(quoted); err != nil || again != key {
			t.Errorf("%q, quoted, is %q, %v", key, again, err)
		}
	})
}

// FuzzIfMatch reads the versions of If-Match: at least one, few, rising, and none that isn't named.
func FuzzIfMatch(f *testing.F) {
	f.Add(`"3"`, "")
	f.Fuzz(func(t *testing.T, one, two string) {
		versions := expected([]string{one, two})
		if len(versions) == 0 || len(versions) > maxTags || !slices.IsSorted(versions) {
			t.Errorf("%q and %q: %v", one, two, versions)
		}
		for _, version := range versions {
			if version != storage.AnyVersion && version != neverVersion && !strings.Contains(one+","+two, fmt.Sprintf("%q", fmt.Sprint(version))) {
				t.Errorf("%q and %q don't name %d", one, two, version)
			}
			if version == storage.AnyVersion && strings.Trim(one+","+two, "*, \t\r\n") != "" {
				t.Errorf("%q and %q stand for any version", one, two)
			}
		}
	})
}
