package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homeroom/test/harness"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db})

		t.Run("the author and teachers read what a message said before", func(t *testing.T) {
			m := r.as(t, ben).Post(r.class, "teh cell")
			path := r.path("messages", m.ID, "history")
			if resp := r.as(t, ben).Get(path).Want(http.StatusOK); strings.TrimSpace(string(resp.Body)) != `{"items":[],"next":null}` {
				t.Errorf("history of a new message: %s", resp.Body)
			}
			second := r.as(t, ben).Edit(r.class, m.ID, "the cell")
			r.as(t, ben).Edit(r.class, m.ID, "The cell.")
			for _, user := range []harness.User{ben, anna, root} {
				resp := r.as(t, user).Get(path).Want(http.StatusOK)
				if resp.Header.Get("Homeroom-Cursor") == "" {
					t.Error("the history has no Homeroom-Cursor")
				}
				history := harness.List[harness.FormerText](r.as(t, user), path, url.Values{"limit": {"1"}})
				if len(history) != 2 || history[0].Text != "teh cell" || history[0].Version != 1 || history[0].Editor != ben.ID || !history[0].At.Equal(m.CreatedAt) ||
					history[1].Text != "the cell" || history[1].Version != 2 || !history[1].At.Equal(*second.EditedAt) {
					t.Errorf("%s reads %s", user.ID, resp.Body)
				}
			}
		})

		t.Run("nobody else does", func(t *testing.T) {
			m := r.as(t, ben).Post(r.class, "first")
			r.as(t, ben).Edit(r.class, m.ID, "second")
			path := r.path("messages", m.ID, "history")
			for _, user := range []harness.User{clio, dora} {
				r.as(t, user).Get(path).WantProblem(http.StatusForbidden, "forbidden")
			}
			r.as(t, eve).Get(path).WantProblem(http.StatusNotFound, "not_found")
			other := furnish(t, r.srv)
			other.as(t, anna).Get(other.path("messages", m.ID, "history")).WantProblem(http.StatusNotFound, "not_found")
		})

		t.Run("it goes with the message", func(t *testing.T) {
			m := r.as(t, ben).Post(r.class, "a secret")
			r.as(t, ben).Edit(r.class, m.ID, "no secret")
			r.as(t, clio).Delete(r.class, m.ID)
			for _, user := range []harness.User{ben, anna} {
				history := harness.List[harness.FormerText](r.as(t, user), r.path("messages", m.ID, "history"), url.Values{})
				if len(history) != 0 {
					t.Errorf("history of a deleted message: %+v", history)
				}
			}
		})

		t.Run("it survives a crash", func(t *testing.T) {
			m := r.as(t, ben).Post(r.class, "0")
			for i := range 5 {
				r.as(t, ben).Edit(r.class, m.ID, fmt.Sprint(i+1))
			}
			r.srv.Kill9()
			r.srv.Restart()
			history := harness.List[harness.FormerText](r.as(t, anna), r.path("messages", m.ID, "history"), url.Values{})
			if len(history) != 5 {
				t.Fatalf("history %+v", history)
			}
			for i, former := range history {
				if former.Text != fmt.Sprint(i) || former.Version != int64(i+1) {
					t.Errorf("version %d: %+v", i+1, former)
				}
			}
		})
	})
}
