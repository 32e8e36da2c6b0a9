package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"homeroom/test/harness"
)

// TestAddress sends bad paths, queries and methods.
func TestAddress(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db})

		t.Run("ids that are no ids", func(t *testing.T) {
			for _, id := range []string{
				"1", "abc", "not-a-uuid-at-all-but-36-letters-xx", "01890a5d-ac96-774b-bcce-b302099a805", "01890a5dac96774bbcceb302099a8057",
				"{01890a5d-ac96-774b-bcce-b302099a8057}", "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a805g",
				"01890a5d-ac96-774b-bcce-b302099a8057\x00", "' OR 1=1 --", "%", "ü", strings.Repeat("0", 5000),
			} {
				c := r.as(t, ben)
				c.Get(harness.ClassPath(id)).WantProblem(http.StatusBadRequest, "invalid_id")
				c.Get(harness.ClassPath(id, "stream")).WantProblem(http.StatusBadRequest, "invalid_id")
				c.Do("POST", harness.ClassPath(id, "messages"), `{"text":"x"}`).WantProblem(http.StatusBadRequest, "invalid_id")
				c.Get(r.path("messages", id)).WantProblem(http.StatusBadRequest, "invalid_id")
				c.Do("DELETE", r.path("messages", id), nil).WantProblem(http.StatusBadRequest, "invalid_id")
			}
			for _, user := range []string{" ", "a b", "a\tb", "a\x00b", "a\nb", "a\u2003b", "\x7f", strings.Repeat("x", 129)} {
				r.as(t, anna).Get(r.path("members", user)).WantProblem(http.StatusBadRequest, "invalid_id")
				r.as(t, anna).Do("PUT", r.path("members", user), `{"role":"student"}`).WantProblem(http.StatusBadRequest, "invalid_id")
				r.as(t, anna).Do("DELETE", r.path("members", user), nil).WantProblem(http.StatusBadRequest, "invalid_id")
			}
			r.as(t, anna).Do("PUT", r.path("members")+"/%ff", `{"role":"student"}`).WantProblem(http.StatusBadRequest, "invalid_id")
			r.as(t, ben).Get(r.path("messages", "01890a5d-ac96-774b-bcce-b302099a8057")).WantProblem(http.StatusNotFound, "not_found")
		})

		t.Run("query values that make no sense", func(t *testing.T) {
			c := r.as(t, ben)
			for path, values := range map[string][]string{
				"messages": {
					"limit=0", "limit=201", "limit=-1", "limit=ten", "limit=1.5", "limit=99999999999999999999", "limit=1e2", "limit=+5", "limit=%205",
					"order=up", "order=ASC", "thread=", "thread=none", "thread=Top", "page=garbage", "page=" + strings.Repeat("A", 3000), "page=%00", "page=..",
				},
				"messages/01890a5d-ac96-774b-bcce-b302099a8057/replies": {"limit=0", "order=up", "page=garbage", "thread=top"},
				"messages/01890a5d-ac96-774b-bcce-b302099a8057/history": {"limit=0", "order=asc", "page=garbage"},
				"members": {"limit=0", "limit=201", "limit=x", "page=garbage", "page=%ff"},
				"events": {
					"wait=-1", "wait=61", "wait=soon", "wait=1.5", "wait=1s", "limit=0", "limit=1001", "limit=x",
				},
			} {
				for _, query := range values {
					c.Get(r.path()+"/"+path+"?"+query).WantProblem(http.StatusBadRequest, "invalid_query")
				}
			}
			for _, query := range []string{"limit=0", "limit=x", "page=garbage"} {
				c.Get("/v1/classes?"+query).WantProblem(http.StatusBadRequest, "invalid_query")
			}
			for _, query := range []string{"limit=1", "limit=200", "order=asc", "order=desc", "thread=all", "thread=top"} {
				c.Get(r.path("messages") + "?" + query).Want(http.StatusOK)
			}
			c.Get(r.path("events") + "?limit=1000&wait=0").Want(http.StatusOK)
		})

		t.Run("a page of one list is none of another", func(t *testing.T) {
			for i := range 3 {
				r.as(t, ben).Post(r.class, fmt.Sprintf("message %d", i))
			}
			var page harness.Page[harness.Message]
			r.as(t, ben).Get(r.path("messages") + "?limit=1&order=asc").Want(http.StatusOK).Into(&page)
			next := url.QueryEscape(*page.Next)
			for _, path := range []string{r.path("members") + "?page=", r.path("messages") + "?order=desc&page="} {
				if resp := r.as(t, ben).Get(path + next); resp.Status != http.StatusOK {
					resp.WantProblem(http.StatusBadRequest, "invalid_query")
				}
			}
		})

		t.Run("methods that a path does not have", func(t *testing.T) {
			c := r.as(t, anna)
			for _, tt := range []struct{ method, path, allow string }{
				{"PUT", "/v1/classes", "GET, POST"},
				{"DELETE", "/v1/classes", "GET, POST"},
				{"POST", r.path(), "DELETE, GET, PATCH"},
				{"PUT", r.path(), "DELETE, GET, PATCH"},
				{"POST", r.path("members"), "GET"},
				{"PATCH", r.path("members", ben.ID), "DELETE, GET, PUT"},
				{"POST", r.path("members", ben.ID), "DELETE, GET, PUT"},
				{"DELETE", r.path("messages"), "GET, POST"},
				{"PUT", r.path("messages", "01890a5d-ac96-774b-bcce-b302099a8057"), "DELETE, GET, PATCH"},
				{"POST", r.path("messages", "01890a5d-ac96-774b-bcce-b302099a8057", "replies"), "GET"},
				{"POST", r.path("join-code"), "DELETE, GET, PUT"},
				{"GET", r.path("join"), "POST"},
				{"POST", r.path("stream"), "GET"},
				{"POST", r.path("events"), "GET"},
				{"GET", "/v1/session", "DELETE, POST"},
				{"POST", "/healthz", "GET"},
				{"DELETE", "/openapi.yaml", "GET"},
				{"BREW", r.path(), "DELETE, GET, PATCH"},
			} {
				resp := c.Do(tt.method, tt.path, nil)
				resp.WantProblem(http.StatusMethodNotAllowed, "method_not_allowed")
				if got := allowed(resp); got != tt.allow {
					t.Errorf("%s %s: Allow %q, want %q", tt.method, tt.path, got, tt.allow)
				}
			}
		})

		t.Run("paths that do not exist", func(t *testing.T) {
			c := r.as(t, anna)
			for _, path := range []string{
				"/nope", "/v1", "/v1/", "/v1/nope", "/v2/classes", r.path("nope"), r.path("messages", "01890a5d-ac96-774b-bcce-b302099a8057", "nope"),
				"/V1/classes", "/.git/config", "/index.php",
			} {
				c.Get(path).WantProblem(http.StatusNotFound, "not_found")
				c.Do("POST", path, `{}`).WantProblem(http.StatusNotFound, "not_found")
			}
		})
	})
}

// allowed are the methods in Allow, sorted, without those that come for free.
func allowed(resp *harness.Response) string {
	var methods []string
	for _, method := range strings.Split(strings.Join(resp.Header.Values("Allow"), ","), ",") {
		if method = strings.TrimSpace(method); method != "" && method != "HEAD" && method != "OPTIONS" {
			methods = append(methods, method)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}
