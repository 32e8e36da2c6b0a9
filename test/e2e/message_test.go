package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"homeroom/test/harness"
)

func TestMessage(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})

		t.Run("a member posts a message", func(t *testing.T) {
			r := furnish(t, srv)
			var m harness.Message
			resp := r.as(t, ben).Do("POST", r.path("messages"), map[string]string{"text": "What is a cell?"}).Want(http.StatusCreated).Into(&m)
			if m.Class != r.class || m.Author != ben.ID || m.Text == nil || *m.Text != "What is a cell?" || m.Version != 1 ||
				m.ParentID != nil || m.EditedAt != nil || m.DeletedAt != nil || m.CreatedAt.IsZero() {
				t.Errorf("posted %s", resp.Body)
			}
			if m.Seq != 5 { // four members have joined before
				t.Errorf("seq %d of the class's fifth event", m.Seq)
			}
			if got, want := resp.Header.Get("Location"), r.path("messages", m.ID); got != want {
				t.Errorf("Location %q, want %q", got, want)
			}
			again := r.as(t, anna).Get(resp.Header.Get("Location")).Want(http.StatusOK)
			if !bytes.Equal(again.Body, resp.Body) || again.Header.Get("ETag") != `"1"` || resp.Header.Get("ETag") != `"1"` {
				t.Errorf("read back %s with ETag %s", again.Body, again.Header.Get("ETag"))
			}
		})

		t.Run("text comes back as it was sent", func(t *testing.T) {
			r := furnish(t, srv)
			for _, text := range []string{
				"two\nlines\tand a tab", "data: not a field\n\nevent: nor this\nid: 7", "<script>alert(1)</script> & \"quotes\" 'n all \\ that",
				"Grüße, 你好, שלום, 👩‍🏫 e\u0301", " space around ", "line\u2028separator", "\ufeffmark",
			} {
				stream := r.as(t, dora).Stream(r.class)
				stream.Ready()
				m := r.as(t, ben).Post(r.class, text)
				read := r.as(t, dora).Message(r.class, m.ID)
				if m.Text == nil || *m.Text != text || read.Text == nil || *read.Text != text {
					t.Errorf("posted %q, answered %v, read %v", text, m.Text, read.Text)
				}
				stream.WaitFor(fmt.Sprintf("%q", text), harness.Created(text))
				stream.Cut()
			}
		})

		t.Run("the list runs both ways, page by page", func(t *testing.T) {
			r := furnish(t, srv)
			var want []string
			for i := range 23 {
				text := fmt.Sprintf("message %d", i)
				r.as(t, ben).Post(r.class, text)
				want = append(want, text)
			}
			for _, limit := range []string{"1", "7", "23", "200"} {
				got := texts(harness.List[harness.Message](r.as(t, dora), r.path("messages"), url.Values{"order": {"asc"}, "limit": {limit}}))
				if !slices.Equal(got, want) {
					t.Errorf("oldest first by %s: %v", limit, got)
				}
			}
			slices.Reverse(want)
			for _, query := range []url.Values{{}, {"limit": {"5"}}, {"order": {"desc"}, "limit": {"4"}}} {
				got := texts(harness.List[harness.Message](r.as(t, dora), r.path("messages"), query))
				if !slices.Equal(got, want) {
					t.Errorf("newest first with %v: %v", query, got)
				}
			}
			var page harness.Page[harness.Message]
			r.as(t, dora).Get(r.path("messages") + "?limit=23").Want(http.StatusOK).Into(&page)
			if len(page.Items) != 23 || page.Next != nil {
				t.Errorf("a page that holds all: %d items, next %v", len(page.Items), page.Next)
			}
		})

		t.Run("pages stay in place while others post", func(t *testing.T) {
			r := furnish(t, srv)
			for i := range 6 {
				r.as(t, ben).Post(r.class, fmt.Sprintf("old %d", i))
			}
			var first harness.Page[harness.Message]
			r.as(t, dora).Get(r.path("messages") + "?limit=3").Want(http.StatusOK).Into(&first)
			r.as(t, ben).Post(r.class, "new")
			rest := harness.List[harness.Message](r.as(t, dora), r.path("messages"), url.Values{"limit": {"3"}, "page": {*first.Next}})
			got := append(texts(first.Items), texts(rest)...)
			if want := []string{"old 5", "old 4", "old 3", "old 2", "old 1", "old 0"}; !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})

		t.Run("the author edits, nobody else does", func(t *testing.T) {
			r := furnish(t, srv)
			m := r.as(t, ben).Post(r.class, "teh cell")
			body := map[string]string{"text": "mine now"}
			for _, user := range []harness.User{dora, clio, anna, root} {
				r.as(t, user).Do("PATCH", r.path("messages", m.ID), body).WantProblem(http.StatusForbidden, "forbidden")
			}
			edited := r.as(t, ben).Edit(r.class, m.ID, "the cell")
			if *edited.Text != "the cell" || edited.Version != 2 || edited.EditedAt == nil || edited.Seq != m.Seq || !edited.CreatedAt.Equal(m.CreatedAt) {
				t.Errorf("edited to %+v", edited)
			}
			if read := r.as(t, anna).Message(r.class, m.ID); *read.Text != "the cell" || read.Version != 2 {
				t.Errorf("read back %+v", read)
			}
		})

		t.Run("a stale If-Match is refused and shows what is there", func(t *testing.T) {
			r := furnish(t, srv)
			m := r.as(t, ben).Post(r.class, "first")
			checkIfMatch(t, r.as(t, ben), "PATCH", r.path("messages", m.ID), map[string]string{"text": "changed"})
			r.as(t, anna).Do("DELETE", r.path("messages", m.ID), nil, "If-Match", `"1"`).WantProblem(http.StatusPreconditionFailed, "version_mismatch")
			current := r.as(t, anna).Get(r.path("messages", m.ID)).Want(http.StatusOK).Header.Get("ETag")
			r.as(t, anna).Do("DELETE", r.path("messages", m.ID), nil, "If-Match", current).Want(http.StatusNoContent)
		})

		t.Run("its author, assistants, teachers and admins delete", func(t *testing.T) {
			r := furnish(t, srv)
			for _, user := range []harness.User{ben, clio, anna, root} {
				m := r.as(t, ben).Post(r.class, "for "+user.ID)
				r.as(t, dora).Do("DELETE", r.path("messages", m.ID), nil).WantProblem(http.StatusForbidden, "forbidden")
				r.as(t, user).Delete(r.class, m.ID)
			}
			m := r.as(t, anna).Post(r.class, "a teacher's")
			r.as(t, ben).Do("DELETE", r.path("messages", m.ID), nil).WantProblem(http.StatusForbidden, "forbidden")
		})

		t.Run("a deleted message stays as a tombstone", func(t *testing.T) {
			r := furnish(t, srv)
			m := r.as(t, ben).Post(r.class, "regretted")
			r.as(t, ben).Post(r.class, "kept")
			r.as(t, ben).Delete(r.class, m.ID)
			stone := r.as(t, anna).Message(r.class, m.ID)
			if stone.Text != nil || stone.DeletedAt == nil || stone.Author != ben.ID || stone.Seq != m.Seq || stone.Version != 2 {
				t.Errorf("tombstone %+v", stone)
			}
			if got := texts(r.as(t, dora).Messages(r.class)); !slices.Equal(got, []string{"-", "kept"}) {
				t.Errorf("listed %v", got)
			}
			r.as(t, ben).Do("PATCH", r.path("messages", m.ID), map[string]string{"text": "undo"}).WantProblem(http.StatusConflict, "message_deleted")
			before := r.as(t, anna).Cursor(r.class)
			r.as(t, ben).Delete(r.class, m.ID)
			r.as(t, anna).Delete(r.class, m.ID)
			if events := r.as(t, anna).History(r.class, before); len(events) != 0 {
				t.Errorf("deleting again made events: %+v", events)
			}
		})

		t.Run("a message of another class is not found", func(t *testing.T) {
			r, other := furnish(t, srv), furnish(t, srv)
			m := other.as(t, ben).Post(other.class, "over there")
			path := r.path("messages", m.ID)
			r.as(t, ben).Get(path).WantProblem(http.StatusNotFound, "not_found")
			r.as(t, ben).Do("PATCH", path, map[string]string{"text": "here"}).WantProblem(http.StatusNotFound, "not_found")
			r.as(t, ben).Do("DELETE", path, nil).WantProblem(http.StatusNotFound, "not_found")
		})
	})
}
