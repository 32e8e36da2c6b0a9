package e2e_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homeroom/test/harness"
)

func TestClass(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})

		t.Run("a teacher creates a class and is its teacher", func(t *testing.T) {
			teacher := srv.As(t, anna)
			var class harness.Class
			resp := teacher.Do("POST", "/v1/classes", map[string]string{"name": "Chemistry"}).Want(http.StatusCreated).Into(&class)
			if class.Name != "Chemistry" || class.Role == nil || *class.Role != "teacher" || class.Version != 1 {
				t.Errorf("created %s", resp.Body)
			}
			if !class.CreatedAt.Equal(class.UpdatedAt) || class.CreatedAt.IsZero() {
				t.Errorf("created at %v, updated at %v", class.CreatedAt, class.UpdatedAt)
			}
			if got := resp.Header.Get("ETag"); got != `"1"` {
				t.Errorf("ETag %q", got)
			}
			location := resp.Header.Get("Location")
			if location != harness.ClassPath(class.ID) {
				t.Errorf("Location %q", location)
			}
			again := teacher.Get(location).Want(http.StatusOK)
			if !bytes.Equal(again.Body, resp.Body) || again.Header.Get("ETag") != `"1"` {
				t.Errorf("read back %s with ETag %s", again.Body, again.Header.Get("ETag"))
			}
			members := harness.List[harness.Member](teacher, harness.ClassPath(class.ID, "members"), url.Values{})
			if len(members) != 1 || members[0].User != anna.ID || members[0].Role != "teacher" {
				t.Errorf("members %+v", members)
			}
			if m := members[0]; m.Name == nil || *m.Name != anna.Name {
				t.Errorf("the creator's name is %v, not the one in the token", m.Name)
			}
		})

		t.Run("an admin may create one too, a student may not", func(t *testing.T) {
			srv.As(t, root).CreateClass("Headmaster's round")
			body := map[string]string{"name": "Our own class"}
			srv.As(t, finn).Do("POST", "/v1/classes", body).WantProblem(http.StatusForbidden, "forbidden")
			noRole := harness.User{ID: "nobody-special"}
			srv.As(t, noRole).Do("POST", "/v1/classes", body).WantProblem(http.StatusForbidden, "forbidden")
		})

		t.Run("the list has my classes and no others, page by page", func(t *testing.T) {
			mine := srv.As(t, harness.Teacher("many-classes"))
			want := map[string]bool{}
			for range 5 {
				want[mine.CreateClass("One of five").ID] = true
			}
			srv.As(t, eve).CreateClass("Not mine")
			listed := harness.List[harness.Class](mine, "/v1/classes", url.Values{"limit": {"2"}})
			for _, class := range listed {
				if !want[class.ID] {
					t.Errorf("listed twice, or not mine: %+v", class)
				}
				delete(want, class.ID)
			}
			if len(want) > 0 {
				t.Errorf("not listed: %v", want)
			}
			var page harness.Page[harness.Class]
			mine.Get("/v1/classes?limit=5").Want(http.StatusOK).Into(&page)
			if len(page.Items) != 5 || page.Next != nil {
				t.Errorf("a page that holds all: %d items, next %v", len(page.Items), page.Next)
			}
			raw := srv.As(t, finn).Get("/v1/classes").Want(http.StatusOK)
			if !strings.Contains(string(raw.Body), `"items":[]`) {
				t.Errorf("the list of someone in no class: %s", raw.Body)
			}
		})

		t.Run("its teacher renames it, other members don't", func(t *testing.T) {
			r := furnish(t, srv)
			body := map[string]string{"name": "Biology 2"}
			for _, user := range []harness.User{clio, ben} {
				r.as(t, user).Do("PATCH", r.path(), body).WantProblem(http.StatusForbidden, "forbidden")
			}
			var class harness.Class
			resp := r.as(t, anna).Do("PATCH", r.path(), body).Want(http.StatusOK).Into(&class)
			if class.Name != "Biology 2" || class.Version != 2 || resp.Header.Get("ETag") != `"2"` || class.UpdatedAt.Before(class.CreatedAt) {
				t.Errorf("renamed: %s, ETag %s", resp.Body, resp.Header.Get("ETag"))
			}
			if got := r.as(t, ben).Class(r.class); got.Name != "Biology 2" || got.Role == nil || *got.Role != "student" {
				t.Errorf("a student sees %+v", got)
			}
		})

		t.Run("its teacher deletes it, other members don't", func(t *testing.T) {
			r := furnish(t, srv)
			for _, user := range []harness.User{clio, ben} {
				r.as(t, user).Do("DELETE", r.path(), nil).WantProblem(http.StatusForbidden, "forbidden")
			}
			r.as(t, anna).Do("DELETE", r.path(), nil).Want(http.StatusNoContent)
			for _, user := range []harness.User{anna, ben, root} {
				r.as(t, user).Get(r.path()).WantProblem(http.StatusNotFound, "not_found")
			}
			r.as(t, anna).Do("DELETE", r.path(), nil).WantProblem(http.StatusNotFound, "not_found")
			r.as(t, ben).Do("POST", r.path("messages"), map[string]string{"text": "anyone?"}).WantProblem(http.StatusNotFound, "not_found")
			for _, class := range harness.List[harness.Class](r.as(t, ben), "/v1/classes", url.Values{}) {
				if class.ID == r.class {
					t.Error("a deleted class is still listed")
				}
			}
		})

		t.Run("a change with a stale If-Match is refused and shows what is there", func(t *testing.T) {
			r := furnish(t, srv)
			teacher := r.as(t, anna)
			checkIfMatch(t, teacher, "PATCH", r.path(), map[string]string{"name": "Biology, renamed"})
			teacher.Do("DELETE", r.path(), nil, "If-Match", `"1"`).WantProblem(http.StatusPreconditionFailed, "version_mismatch")
			current := teacher.Get(r.path()).Want(http.StatusOK).Header.Get("ETag")
			teacher.Do("DELETE", r.path(), nil, "If-Match", current).Want(http.StatusNoContent)
		})
	})
}

// checkIfMatch changes an object several times under If-Match: stale, weak, in
// a list, and as a star.
func checkIfMatch(t *testing.T, c *harness.Client, method, path string, body any) {
	t.Helper()
	before := c.Get(path).Want(http.StatusOK)
	etag := before.Header.Get("ETag")
	for _, stale := range []string{`"0"`, `"99"`, `W/` + etag, `"98", "99"`} {
		p := c.Do(method, path, body, "If-Match", stale).WantProblem(http.StatusPreconditionFailed, "version_mismatch")
		if !bytes.Equal(bytes.TrimSpace(p.Current), bytes.TrimSpace(before.Body)) {
			t.Errorf("If-Match %s: current is %s, want %s", stale, p.Current, before.Body)
		}
	}
	if got := c.Get(path).Want(http.StatusOK); !bytes.Equal(got.Body, before.Body) {
		t.Errorf("a refused change has changed %s to %s", before.Body, got.Body)
	}
	changed := c.Do(method, path, body, "If-Match", etag).Want(http.StatusOK).Header.Get("ETag")
	if changed == etag {
		t.Errorf("the ETag stays %s over a change", etag)
	}
	c.Do(method, path, body, "If-Match", etag).WantProblem(http.StatusPreconditionFailed, "version_mismatch")
	c.Do(method, path, body, "If-Match", `"98", `+changed).Want(http.StatusOK)
	c.Do(method, path, body, "If-Match", "*").Want(http.StatusOK)
	c.Do(method, path, body).Want(http.StatusOK)
}
