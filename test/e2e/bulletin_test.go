package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

// kinds are the paths of what teachers publish, and how its events are called.
var kinds = map[string]string{"announcements": "announcement", "assignments": "assignment"}

// draft is the body of a call that publishes at once.
func draft(kind string) map[string]any {
	body := map[string]any{"title": "Trip", "text": "To the sea", "requires_acknowledgement": true}
	if kind == "assignments" {
		body["due_at"] = later(48 * time.Hour)
	}
	return body
}

// later is a time some while from now, as clients write it.
func later(by time.Duration) string { return time.Now().Add(by).Format(time.RFC3339Nano) }

// soon sends something that names a time a moment from now, and again with a
// later one if that had passed when it arrived.
func soon(send func(at string) *harness.Response) *harness.Response {
	for wait := 100 * time.Millisecond; ; wait *= 2 {
		resp := send(later(wait))
		if resp.Status != http.StatusUnprocessableEntity || wait > harness.Patience {
			return resp
		}
	}
}

func TestBulletins(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})
		for kind, noun := range kinds {
			t.Run(kind, func(t *testing.T) {
				t.Run("everybody gets what a teacher publishes, changes and deletes", func(t *testing.T) {
					r := furnish(t, srv)
					stream := r.as(t, ben).Stream(r.class)
					stream.Ready()
					cursor := r.as(t, dora).Cursor(r.class)
					var m harness.Bulletin
					answer := r.as(t, anna).Do("POST", r.path(kind), draft(kind)).Want(http.StatusCreated).Into(&m)
					if want := r.path(kind, m.ID); answer.Header.Get("Location") != want || answer.Header.Get("ETag") != `"1"` {
						t.Errorf("Location %q, ETag %q, want %q and version 1", answer.Header.Get("Location"), answer.Header.Get("ETag"), want)
					}
					f := stream.WaitFor("its publication", harness.OfType(noun+".created"))
					if m.Seq == nil || *m.Seq != f.Parsed.Seq || m.PublishAt != nil || m.PublishedAt == nil || m.MemberCount != 3 || f.Parsed.Actor != anna.ID {
						t.Errorf("answered %+v, event %s", m, f.Data)
					}
					if kind == "assignments" && !slices.Equal(m.Reminders, []int64{86400, 3600}) {
						t.Errorf("reminders %v", m.Reminders)
					}
					if kind == "announcements" && (m.Pinned == nil || *m.Pinned) {
						t.Errorf("pinned by itself: %+v", m)
					}
					var told harness.Bulletin
					if err := json.Unmarshal(f.Parsed.Data, &told); err != nil || told.ID != m.ID || told.Title != "Trip" || told.Text != "To the sea" {
						t.Errorf("told %s, %v", f.Parsed.Data, err)
					}

					r.as(t, anna).Do("PATCH", r.path(kind, m.ID), map[string]any{"title": "No trip"}, "If-Match", `"1"`).Want(http.StatusOK)
					stream.WaitFor("its change", harness.OfType(noun+".updated"))
					for _, call := range []string{"PATCH", "DELETE"} {
						var body any
						if call == "PATCH" {
							body = map[string]any{"title": "Too late"}
						}
						p := r.as(t, anna).Do(call, r.path(kind, m.ID), body, "If-Match", `"1"`).WantProblem(http.StatusPreconditionFailed, "version_mismatch")
						if !strings.Contains(string(p.Current), "No trip") {
							t.Errorf("%s: current %s", call, p.Current)
						}
					}
					list := harness.List[harness.Bulletin](r.as(t, ben), r.path(kind), url.Values{"limit": {"1"}})
					if len(list) != 1 || list[0].Title != "No trip" || list[0].Version != 2 {
						t.Errorf("listed %+v", list)
					}
					r.as(t, anna).Do("DELETE", r.path(kind, m.ID), nil, "If-Match", `"2"`).Want(http.StatusNoContent)
					if f := stream.WaitFor("its end", harness.OfType(noun+".deleted")); string(f.Parsed.Data) != `{"id":"`+m.ID+`"}` {
						t.Errorf("deleted %s", f.Parsed.Data)
					}
					for _, call := range []string{"GET", "DELETE"} {
						r.as(t, anna).Do(call, r.path(kind, m.ID), nil).WantProblem(http.StatusNotFound, "not_found")
					}
					types := []string{}
					for _, e := range r.as(t, dora).History(r.class, cursor) {
						types = append(types, e.Type)
					}
					if want := []string{noun + ".created", noun + ".updated", noun + ".deleted"}; !slices.Equal(types, want) {
						t.Errorf("the log has %v, want %v", types, want)
					}
				})

				t.Run("only teachers and admins publish", func(t *testing.T) {
					r := furnish(t, srv)
					m := r.as(t, anna).Announce(r.class, kind, draft(kind))
					for _, user := range []harness.User{clio, ben} {
						c := r.as(t, user)
						c.Do("POST", r.path(kind), draft(kind)).WantProblem(http.StatusForbidden, "forbidden")
						c.Do("PATCH", r.path(kind, m.ID), map[string]any{"title": "Mine"}).WantProblem(http.StatusForbidden, "forbidden")
						c.Do("DELETE", r.path(kind, m.ID), nil).WantProblem(http.StatusForbidden, "forbidden")
						c.Get(r.path(kind, m.ID, "acknowledgements")).WantProblem(http.StatusForbidden, "forbidden")
					}
					for _, call := range []harness.Call{
						{Method: "POST", Path: r.path(kind), Body: draft(kind)},
						{Method: "GET", Path: r.path(kind)},
						{Method: "GET", Path: r.path(kind, m.ID)},
						{Method: "DELETE", Path: r.path(kind, m.ID)},
						{Method: "PUT", Path: r.path(kind, m.ID, "acknowledgement")},
						{Method: "GET", Path: r.path(kind, m.ID, "acknowledgements")},
					} {
						r.as(t, eve).Do(call.Method, call.Path, call.Body).WantProblem(http.StatusNotFound, "not_found")
					}
					r.as(t, root).Announce(r.class, kind, draft(kind))
				})

				t.Run("who has not seen it", func(t *testing.T) {
					r := furnish(t, srv)
					m := r.as(t, anna).Announce(r.class, kind, draft(kind))
					var first, again harness.Acknowledgement
					r.as(t, ben).Do("PUT", r.path(kind, m.ID, "acknowledgement"), nil).Want(http.StatusOK).Into(&first)
					r.as(t, ben).Do("PUT", r.path(kind, m.ID, "acknowledgement"), nil).Want(http.StatusOK).Into(&again)
					if first.User != ben.ID || first.AcknowledgedAt == nil || !first.AcknowledgedAt.Equal(*again.AcknowledgedAt) {
						t.Errorf("acknowledged %+v, and again %+v", first, again)
					}
					for _, user := range []harness.User{ben, dora} {
						if m := r.as(t, user).Bulletin(r.class, kind, m.ID); m.Acknowledged != (user == ben) || m.AcknowledgedCount != 1 {
							t.Errorf("%s sees %+v", user.ID, m)
						}
					}
					for state, want := range map[string][]string{"acknowledged": {ben.ID}, "missing": {clio.ID, dora.ID}, "": {ben.ID, clio.ID, dora.ID}} {
						query := url.Values{"limit": {"1"}}
						if state != "" {
							query.Set("state", state)
						}
						var users []string
						for _, a := range harness.List[harness.Acknowledgement](r.as(t, anna), r.path(kind, m.ID, "acknowledgements"), query) {
							users = append(users, a.User)
						}
						if !slices.Equal(users, want) {
							t.Errorf("%s: %v, want %v", state, users, want)
						}
					}
					var page harness.AcknowledgementPage
					r.as(t, root).Get(r.path(kind, m.ID, "acknowledgements") + "?state=missing").Want(http.StatusOK).Into(&page)
					if page.AcknowledgedCount != 1 || page.MemberCount != 3 || len(page.Items) != 2 {
						t.Errorf("page %+v", page)
					}
					r.as(t, anna).Get(r.path(kind, m.ID, "acknowledgements")+"?state=late").WantProblem(http.StatusBadRequest, "invalid_query")
					r.as(t, anna).Do("PATCH", r.path(kind, m.ID), map[string]any{"requires_acknowledgement": false}).Want(http.StatusOK)
					r.as(t, dora).Do("PUT", r.path(kind, m.ID, "acknowledgement"), nil).WantProblem(http.StatusConflict, "acknowledgement_not_required")
				})

				t.Run("what is scheduled is a secret until its time", func(t *testing.T) {
					r := furnish(t, srv)
					stream := r.as(t, ben).Stream(r.class)
					stream.Ready()
					body := draft(kind)
					body["publish_at"] = later(24 * time.Hour)
					hidden := r.as(t, anna).Announce(r.class, kind, body)
					if hidden.Seq != nil || hidden.PublishedAt != nil || hidden.PublishAt == nil {
						t.Errorf("scheduled %+v", hidden)
					}
					for _, user := range []harness.User{clio, ben} {
						r.as(t, user).Get(r.path(kind, hidden.ID)).WantProblem(http.StatusNotFound, "not_found")
						r.as(t, user).Do("PUT", r.path(kind, hidden.ID, "acknowledgement"), nil).WantProblem(http.StatusNotFound, "not_found")
						if list := harness.List[harness.Bulletin](r.as(t, user), r.path(kind), nil); len(list) != 0 {
							t.Errorf("%s sees %+v", user.ID, list)
						}
					}
					r.as(t, anna).Do("PUT", r.path(kind, hidden.ID, "acknowledgement"), nil).WantProblem(http.StatusConflict, "not_published")
					if list := harness.List[harness.Bulletin](r.as(t, anna), r.path(kind), nil); len(list) != 1 || list[0].ID != hidden.ID {
						t.Errorf("anna sees %+v", list)
					}
					soon(func(at string) *harness.Response {
						return r.as(t, anna).Do("PATCH", r.path(kind, hidden.ID), map[string]any{"publish_at": at})
					}).Want(http.StatusOK)
					f := stream.WaitFor("its publication", harness.OfType(noun+".created"))
					m := r.as(t, ben).Bulletin(r.class, kind, hidden.ID)
					if f.Parsed.Seq != *m.Seq || m.Version != 3 || m.PublishedAt.Before(*m.PublishAt) || f.Parsed.Actor != anna.ID {
						t.Errorf("published %+v by %s", m, f.Data)
					}
					r.as(t, anna).Do("PATCH", r.path(kind, hidden.ID), map[string]any{"publish_at": nil}).WantProblem(http.StatusConflict, "already_published")
					next := r.as(t, anna).Announce(r.class, kind, body)
					r.as(t, anna).Do("PATCH", r.path(kind, next.ID), `{"publish_at":null}`).Want(http.StatusOK)
					stream.WaitFor("the next one's publication", harness.OfType(noun+".created"))
				})

				t.Run("publishing is safe to repeat", func(t *testing.T) {
					r := furnish(t, srv)
					body := draft(kind)
					first := r.as(t, anna).Do("POST", r.path(kind), body, "Idempotency-Key", "k").Want(http.StatusCreated)
					again := r.as(t, anna).Do("POST", r.path(kind), body, "Idempotency-Key", "k").Want(http.StatusCreated)
					if string(first.Body) != string(again.Body) || again.Header.Get("Idempotency-Replayed") != "true" || again.Header.Get("Location") != first.Header.Get("Location") {
						t.Errorf("first %s, then %s", first.Body, again.Body)
					}
					body["title"] = "Other"
					r.as(t, anna).Do("POST", r.path(kind), body, "Idempotency-Key", "k").WantProblem(http.StatusUnprocessableEntity, "idempotency_key_reused")
					if list := harness.List[harness.Bulletin](r.as(t, ben), r.path(kind), nil); len(list) != 1 {
						t.Errorf("listed %+v", list)
					}
				})

				t.Run("values that can't be meant", func(t *testing.T) {
					r := furnish(t, srv)
					m := r.as(t, anna).Announce(r.class, kind, draft(kind))
					bad := map[string][]any{
						"title":      {"", " ", "a\nb", strings.Repeat("x", 201)},
						"text":       {"", strings.Repeat("x", 4001), "a\x00b"},
						"publish_at": {later(-time.Minute), later(367 * 24 * time.Hour), "tomorrow", "2026-11-22", "1970-01-01T00:00:00Z", ""},
					}
					if kind == "assignments" {
						bad["due_at"] = []any{later(-time.Minute), later(367 * 24 * time.Hour), "soon", "1970-01-01T00:00:00Z"}
						bad["reminders"] = []any{[]int{-1}, []int{30*86400 + 1}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}}
					}
					for field, values := range bad {
						for _, value := range values {
							body := draft(kind)
							body[field] = value
							wantFieldError(t, r.as(t, anna).Do("POST", r.path(kind), body), field)
							if field != "publish_at" {
								wantFieldError(t, r.as(t, anna).Do("PATCH", r.path(kind, m.ID), map[string]any{field: value}), field)
							}
						}
					}
					for _, field := range []string{`"pinned":"yes"`, `"requires_acknowledgement":1`, `"publish_at":7`, `"reminders":["1"]`, `"reminders":[1.5]`, `"due_at":[]`, `"nope":1`} {
						r.as(t, anna).Do("PATCH", r.path(kind, m.ID), "{"+field+"}").WantProblem(http.StatusBadRequest, "invalid_body")
					}
					other := map[string]string{"announcements": `{"due_at":"2030-01-01T00:00:00Z"}`, "assignments": `{"pinned":true}`}[kind]
					r.as(t, anna).Do("PATCH", r.path(kind, m.ID), other).WantProblem(http.StatusBadRequest, "invalid_body")
					wantFieldError(t, r.as(t, anna).Do("PATCH", r.path(kind, m.ID), `{}`), "title")
				})

				t.Run("an archived class has no new ones", func(t *testing.T) {
					r := furnish(t, srv)
					m := r.as(t, anna).Announce(r.class, kind, draft(kind))
					r.as(t, anna).Do("PATCH", r.path(), map[string]bool{"archived": true}).Want(http.StatusOK)
					r.as(t, anna).Do("POST", r.path(kind), draft(kind)).WantProblem(http.StatusConflict, "class_archived")
					r.as(t, anna).Do("PATCH", r.path(kind, m.ID), map[string]any{"title": "x"}).WantProblem(http.StatusConflict, "class_archived")
					r.as(t, anna).Do("DELETE", r.path(kind, m.ID), nil).WantProblem(http.StatusConflict, "class_archived")
					r.as(t, ben).Do("PUT", r.path(kind, m.ID, "acknowledgement"), nil).Want(http.StatusOK)
				})
			})
		}

		t.Run("pinned announcements can be asked for", func(t *testing.T) {
			r := furnish(t, srv)
			for i := range 4 {
				body := draft("announcements")
				body["title"], body["pinned"] = fmt.Sprint(i), i%2 == 0
				r.as(t, anna).Announce(r.class, "announcements", body)
			}
			titles := func(query url.Values) (titles []string) {
				for _, m := range harness.List[harness.Bulletin](r.as(t, ben), r.path("announcements"), query) {
					titles = append(titles, m.Title)
				}
				return titles
			}
			if got := titles(nil); !slices.Equal(got, []string{"3", "2", "1", "0"}) {
				t.Errorf("all: %v", got)
			}
			if got := titles(url.Values{"pinned": {"true"}, "limit": {"1"}}); !slices.Equal(got, []string{"2", "0"}) {
				t.Errorf("pinned: %v", got)
			}
			r.as(t, ben).Get(r.path("announcements")+"?pinned=yes").WantProblem(http.StatusBadRequest, "invalid_query")
			r.as(t, ben).Get(r.path("assignments")+"?pinned=true").WantProblem(http.StatusBadRequest, "invalid_query")
		})

		t.Run("an assignment is due after it is published", func(t *testing.T) {
			r := furnish(t, srv)
			body := draft("assignments")
			body["publish_at"], body["due_at"] = later(time.Hour), later(time.Minute)
			wantFieldError(t, r.as(t, anna).Do("POST", r.path("assignments"), body), "due_at")
		})
	})
}
