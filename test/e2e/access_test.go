package e2e_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"homeroom/test/harness"
)

func TestAccess(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db})

		t.Run("a class that isn't mine looks exactly like one that doesn't exist", func(t *testing.T) {
			message := r.as(t, ben).Post(r.class, "private").ID
			const nowhere = "01890a5d-ac96-774b-bcce-b302099a8057"
			calls := []struct {
				method, path string
				body         any
			}{
				{"GET", "", nil},
				{"PATCH", "", map[string]string{"name": "Stolen"}},
				{"DELETE", "", nil},
				{"GET", "/members", nil},
				{"GET", "/members/" + ben.ID, nil},
				{"PUT", "/members/" + eve.ID, map[string]string{"role": "teacher"}},
				{"DELETE", "/members/" + ben.ID, nil},
				{"DELETE", "/members/" + eve.ID, nil},
				{"GET", "/join-code", nil},
				{"PUT", "/join-code", nil},
				{"DELETE", "/join-code", nil},
				{"POST", "/messages", map[string]string{"text": "let me in"}},
				{"GET", "/messages", nil},
				{"GET", "/messages/" + message, nil},
				{"PATCH", "/messages/" + message, map[string]string{"text": "rewritten"}},
				{"DELETE", "/messages/" + message, nil},
				{"POST", "/messages", map[string]string{"text": "let me in", "parent_id": message}},
				{"GET", "/messages/" + message + "/replies", nil},
				{"GET", "/messages/" + message + "/history", nil},
				{"PUT", "/receipt", map[string]int{"read": 1}},
				{"GET", "/receipts", nil},
				{"GET", "/messages/" + message + "/receipts", nil},
				{"PUT", "/typing", map[string]bool{"typing": true}},
				{"GET", "/presence", nil},
				{"GET", "/attendance", nil},
				{"GET", "/stream", nil},
				{"GET", "/stream?resume=last", nil},
				{"GET", "/events", nil},
			}
			stranger := r.as(t, eve)
			for _, call := range calls {
				theirs := stranger.Do(call.method, harness.ClassPath(r.class)+call.path, call.body)
				theirs.WantProblem(http.StatusNotFound, "not_found")
				none := stranger.Do(call.method, harness.ClassPath(nowhere)+call.path, call.body)
				if theirs.Status != none.Status || !bytes.Equal(theirs.Body, none.Body) {
					t.Errorf("%s %s: not mine: %s; nowhere: %s", call.method, call.path, theirs.Body, none.Body)
				}
				for name, values := range theirs.Header {
					if got := none.Header.Values(name); name != "Date" && !strings.Contains(strings.ToLower(name), "request-id") &&
						strings.Join(got, ";") != strings.Join(values, ";") {
						t.Errorf("%s %s: header %s tells them apart: %v, %v", call.method, call.path, name, values, got)
					}
				}
			}
		})

		t.Run("bad input does not tell them apart either", func(t *testing.T) {
			const nowhere = "01890a5d-ac96-774b-bcce-b302099a8057"
			stranger := r.as(t, eve)
			for _, path := range []string{"/messages?limit=abc", "/events?after=garbage", "/stream?last_event_id=garbage", "/stream?resume=first", "/members/a%20b"} {
				theirs := stranger.Get(harness.ClassPath(r.class) + path)
				none := stranger.Get(harness.ClassPath(nowhere) + path)
				if theirs.Status != none.Status || !bytes.Equal(theirs.Body, none.Body) {
					t.Errorf("%s: not mine: %d %s; nowhere: %d %s", path, theirs.Status, theirs.Body, none.Status, none.Body)
				}
			}
			for _, body := range []string{`{"text":""}`, `{"text":`, `{"nope":1}`} {
				theirs := stranger.Do("POST", harness.ClassPath(r.class, "messages"), body)
				none := stranger.Do("POST", harness.ClassPath(nowhere, "messages"), body)
				if theirs.Status != none.Status || !bytes.Equal(theirs.Body, none.Body) {
					t.Errorf("%s: not mine: %d %s; nowhere: %d %s", body, theirs.Status, theirs.Body, none.Status, none.Body)
				}
			}
		})

		t.Run("an admin who is no member reads, manages and follows", func(t *testing.T) {
			admin := r.as(t, root)
			if class := admin.Class(r.class); class.Role != nil {
				t.Errorf("an admin's role in the class is %q", *class.Role)
			}
			admin.Get(r.path("members")).Want(http.StatusOK)
			stream := admin.Stream(r.class)
			stream.Ready()
			admin.Do("PATCH", r.path(), map[string]string{"name": "Biology, seen from above"}).Want(http.StatusOK)
			stream.WaitFor("the rename", harness.OfType("class.updated"))
			if body := admin.Get("/v1/classes").Want(http.StatusOK).Body; strings.Contains(string(body), r.class) {
				t.Error("a class that the admin is no member of is listed as the admin's")
			}
		})

		t.Run("the role in the class rules, not the one in the token", func(t *testing.T) {
			r := furnish(t, r.srv)
			r.as(t, anna).AddMember(r.class, eve, "student") // a teacher by token
			m := r.as(t, ben).Post(r.class, "mine")
			r.as(t, eve).Do("DELETE", r.path("messages", m.ID), nil).WantProblem(http.StatusForbidden, "forbidden")
			r.as(t, eve).Do("PATCH", r.path(), map[string]string{"name": "Eve's"}).WantProblem(http.StatusForbidden, "forbidden")
			r.as(t, anna).AddMember(r.class, finn, "teacher") // a student by token
			r.as(t, finn).Delete(r.class, m.ID)
			r.as(t, finn).Do("PATCH", r.path(), map[string]string{"name": "Finn's"}).Want(http.StatusOK)
		})

		t.Run("a change of role counts at once", func(t *testing.T) {
			r := furnish(t, r.srv)
			m := r.as(t, ben).Post(r.class, "mine")
			r.as(t, dora).Do("DELETE", r.path("messages", m.ID), nil).WantProblem(http.StatusForbidden, "forbidden")
			r.as(t, anna).Do("PUT", r.path("members", dora.ID), map[string]string{"role": "assistant"}).Want(http.StatusOK)
			r.as(t, dora).Delete(r.class, m.ID)
			r.as(t, anna).Do("PUT", r.path("members", dora.ID), map[string]string{"role": "student"}).Want(http.StatusOK)
			m = r.as(t, ben).Post(r.class, "mine too")
			r.as(t, dora).Do("DELETE", r.path("messages", m.ID), nil).WantProblem(http.StatusForbidden, "forbidden")
		})
	})
}
