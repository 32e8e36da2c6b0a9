package e2e_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"homeroom/test/harness"
)

func TestMember(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})

		t.Run("a teacher adds a member and changes its role", func(t *testing.T) {
			r := furnish(t, srv)
			teacher := r.as(t, anna)
			path := r.path("members", hugo.ID)
			var m harness.Member
			resp := teacher.Do("PUT", path, map[string]string{"role": "student", "name": "Hugo H."}).Want(http.StatusCreated).Into(&m)
			if m.Class != r.class || m.User != hugo.ID || m.Role != "student" || m.Name == nil || *m.Name != "Hugo H." || m.Version != 1 {
				t.Errorf("added %s", resp.Body)
			}
			if resp.Header.Get("ETag") != `"1"` {
				t.Errorf("ETag %q", resp.Header.Get("ETag"))
			}
			teacher.Do("PUT", path, map[string]string{"role": "assistant"}).Want(http.StatusOK).Into(&m)
			if m.Role != "assistant" || m.Version != 2 || m.Name == nil || *m.Name != "Hugo H." {
				t.Errorf("changed to %+v", m)
			}
			var read harness.Member
			r.as(t, ben).Get(path).Want(http.StatusOK).Into(&read)
			if read.Role != m.Role || read.Version != m.Version || !read.JoinedAt.Equal(m.JoinedAt) {
				t.Errorf("read back %+v, want %+v", read, m)
			}
			if role := *r.as(t, hugo).Class(r.class).Role; role != "assistant" {
				t.Errorf("the member's own role is %s", role)
			}
		})

		t.Run("the list has every member once, page by page", func(t *testing.T) {
			r := furnish(t, srv)
			want := []string{"anna", "ben", "clio", "dora"}
			for i := range 7 {
				user := harness.Student("pupil-" + strconv.Itoa(i))
				r.as(t, anna).AddMember(r.class, user, "student")
				want = append(want, user.ID)
			}
			var got []string
			for _, m := range harness.List[harness.Member](r.as(t, ben), r.path("members"), url.Values{"limit": {"3"}}) {
				got = append(got, m.User)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("listed %v, want %v", got, want)
			}
			if r.as(t, ben).Get(r.path("members")).Want(http.StatusOK).Header.Get("Homeroom-Cursor") == "" {
				t.Error("the list of members has no Homeroom-Cursor")
			}
		})

		t.Run("only teachers and admins set members", func(t *testing.T) {
			r := furnish(t, srv)
			body := map[string]string{"role": "student"}
			for _, user := range []harness.User{clio, ben} {
				r.as(t, user).Do("PUT", r.path("members", finn.ID), body).WantProblem(http.StatusForbidden, "forbidden")
				r.as(t, user).Do("PUT", r.path("members", user.ID), map[string]string{"role": "teacher"}).WantProblem(http.StatusForbidden, "forbidden")
				r.as(t, user).Do("DELETE", r.path("members", dora.ID), nil).WantProblem(http.StatusForbidden, "forbidden")
			}
			r.as(t, root).Do("PUT", r.path("members", finn.ID), body).Want(http.StatusCreated)
			r.as(t, root).Do("DELETE", r.path("members", finn.ID), nil).Want(http.StatusNoContent)
		})

		t.Run("a removed member is out, and can come back", func(t *testing.T) {
			r := furnish(t, srv)
			teacher := r.as(t, anna)
			teacher.RemoveMember(r.class, ben)
			r.as(t, ben).Get(r.path()).WantProblem(http.StatusNotFound, "not_found")
			r.as(t, ben).Get(r.path("stream")).WantProblem(http.StatusNotFound, "not_found")
			teacher.Get(r.path("members", ben.ID)).WantProblem(http.StatusNotFound, "not_found")
			teacher.Do("DELETE", r.path("members", ben.ID), nil).WantProblem(http.StatusNotFound, "not_found")
			teacher.AddMember(r.class, ben, "student")
			r.as(t, ben).Post(r.class, "back again")
		})

		t.Run("a member removes itself", func(t *testing.T) {
			r := furnish(t, srv)
			for _, user := range []harness.User{ben, clio} {
				r.as(t, user).RemoveMember(r.class, user)
				r.as(t, user).Get(r.path()).WantProblem(http.StatusNotFound, "not_found")
			}
		})

		t.Run("the last teacher can be neither removed nor demoted", func(t *testing.T) {
			r := furnish(t, srv)
			for _, c := range []*harness.Client{r.as(t, anna), r.as(t, root)} {
				c.Do("DELETE", r.path("members", anna.ID), nil).WantProblem(http.StatusConflict, "last_teacher")
				c.Do("PUT", r.path("members", anna.ID), map[string]string{"role": "assistant"}).WantProblem(http.StatusConflict, "last_teacher")
			}
			r.as(t, anna).AddMember(r.class, gwen, "teacher")
			r.as(t, anna).RemoveMember(r.class, anna)
			r.as(t, gwen).Do("DELETE", r.path("members", gwen.ID), nil).WantProblem(http.StatusConflict, "last_teacher")
		})

		t.Run("a change with a stale If-Match is refused and shows what is there", func(t *testing.T) {
			r := furnish(t, srv)
			path := r.path("members", ben.ID)
			roles := []string{"assistant", "student"}
			teacher := r.as(t, anna)
			for _, role := range roles {
				stale := teacher.Get(path).Want(http.StatusOK).Header.Get("ETag")
				teacher.Do("PUT", path, map[string]string{"role": role}, "If-Match", stale).Want(http.StatusOK)
				teacher.Do("PUT", path, map[string]string{"role": "teacher"}, "If-Match", stale).WantProblem(http.StatusPreconditionFailed, "version_mismatch")
				p := teacher.Do("DELETE", path, nil, "If-Match", stale).WantProblem(http.StatusPreconditionFailed, "version_mismatch")
				if len(p.Current) == 0 || string(p.Current) == "null" {
					t.Error("the problem does not show the current member")
				}
			}
			current := teacher.Get(path).Want(http.StatusOK).Header.Get("ETag")
			teacher.Do("DELETE", path, nil, "If-Match", current).Want(http.StatusNoContent)
		})
	})
}
