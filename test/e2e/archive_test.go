package e2e_test

import (
	"net/http"
	"testing"

	"homeroom/test/harness"
)

func TestArchive(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})
		archive := func(t *testing.T, r room, archived bool) harness.Class {
			t.Helper()
			var class harness.Class
			r.as(t, anna).Do("PATCH", r.path(), map[string]bool{"archived": archived}).Want(http.StatusOK).Into(&class)
			return class
		}

		t.Run("its teacher archives it and brings it back", func(t *testing.T) {
			r := furnish(t, srv)
			if class := r.as(t, ben).Class(r.class); class.ArchivedAt != nil {
				t.Errorf("a new class is archived: %+v", class)
			}
			for _, user := range []harness.User{clio, ben} {
				r.as(t, user).Do("PATCH", r.path(), `{"archived":true}`).WantProblem(http.StatusForbidden, "forbidden")
			}
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			if class := archive(t, r, true); class.ArchivedAt == nil || class.Version != 2 || class.Name != "Biology" {
				t.Errorf("archived: %+v", class)
			}
			stream.WaitFor("the archiving", harness.OfType("class.updated"))
			if class := r.as(t, ben).Class(r.class); class.ArchivedAt == nil {
				t.Errorf("a student sees %+v", class)
			}
			if again := archive(t, r, true); again.Version != 2 {
				t.Errorf("archived again: %+v", again)
			}
			if class := archive(t, r, false); class.ArchivedAt != nil || class.Version != 3 {
				t.Errorf("brought back: %+v", class)
			}
			stream.WaitFor("its return", harness.OfType("class.updated"))
			r.as(t, ben).Post(r.class, "here again")
			stream.WaitFor("the message", harness.Created("here again"))
		})

		t.Run("nobody writes in it, everybody reads on", func(t *testing.T) {
			r := furnish(t, srv)
			m := r.as(t, ben).Post(r.class, "before")
			archive(t, r, true)
			for _, user := range []harness.User{ben, anna, root} {
				c := r.as(t, user)
				c.Do("POST", r.path("messages"), map[string]string{"text": "too late"}).WantProblem(http.StatusConflict, "class_archived")
				c.Do("POST", r.path("messages"), map[string]string{"text": "too late", "parent_id": m.ID}).WantProblem(http.StatusConflict, "class_archived")
				c.Do("DELETE", r.path("messages", m.ID), nil).WantProblem(http.StatusConflict, "class_archived")
				if got := c.Message(r.class, m.ID); *got.Text != "before" {
					t.Errorf("%s reads %+v", user.ID, got)
				}
			}
			r.as(t, ben).Do("PATCH", r.path("messages", m.ID), map[string]string{"text": "after"}).WantProblem(http.StatusConflict, "class_archived")
			r.as(t, eve).Do("POST", r.path("messages"), map[string]string{"text": "let me in"}).WantProblem(http.StatusNotFound, "not_found")
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			r.as(t, anna).AddMember(r.class, finn, "student")
			stream.WaitFor("who was added", harness.OfType("member.joined"))
			if events := r.as(t, finn).History(r.class, ""); len(events) == 0 {
				t.Error("no history of an archived class")
			}
			r.as(t, anna).Do("PATCH", r.path(), map[string]string{"name": "Biology 2025"}).Want(http.StatusOK)
			r.as(t, anna).Do("DELETE", r.path(), nil).Want(http.StatusNoContent)
		})

		t.Run("a change must change something it knows", func(t *testing.T) {
			r := furnish(t, srv)
			for _, body := range []string{`{}`, `{"name":null}`, `{"archived":null}`} {
				r.as(t, anna).Do("PATCH", r.path(), body).WantProblem(http.StatusUnprocessableEntity, "invalid_field")
			}
			for _, body := range []string{`{"archived":"yes"}`, `{"archived":1}`, `{"archived_at":"2026-11-22T10:00:00.000Z"}`} {
				r.as(t, anna).Do("PATCH", r.path(), body).WantProblem(http.StatusBadRequest, "invalid_body")
			}
		})
	})
}
