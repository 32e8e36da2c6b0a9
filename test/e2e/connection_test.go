package e2e_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

// connection is a live connection as an admin sees it.
type connection struct {
	Connection string    `json:"connection"`
	User       string    `json:"user"`
	Class      *string   `json:"class"`
	Since      time.Time `json:"since"`
	Address    string    `json:"address"`
	Queued     int       `json:"queued"`
	Bytes      int64     `json:"bytes"`
	Events     int64     `json:"events"`
}

// TestConnection is about streams, which no database has a part in.
func TestConnection(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{})
	list := func(t *testing.T, query url.Values) []connection {
		t.Helper()
		return harness.List[connection](srv.As(t, root), "/v1/admin/connections", query)
	}

	t.Run("an admin sees who is connected, and what went over it", func(t *testing.T) {
		r := furnish(t, srv)
		before := time.Now().Add(-time.Second)
		stream := r.as(t, ben).Stream(r.class)
		id := stream.Ready().Parsed.Connection
		r.as(t, anna).Post(r.class, "one")
		r.as(t, anna).Post(r.class, "two")
		stream.WaitFor("the message", harness.Created("two"))
		var got connection
		for patience := time.Now().Add(harness.Patience); got.Events < 2 && time.Now().Before(patience); { // it is counted right after it was written
			all := list(t, url.Values{"user": {ben.ID}, "class": {r.class}})
			if len(all) != 1 {
				t.Fatalf("listed %+v", all)
			}
			got = all[0]
		}
		if got.Connection != id || got.User != ben.ID || got.Class == nil || *got.Class != r.class || got.Address != "127.0.0.1" ||
			got.Since.Before(before) || got.Queued != 0 || got.Events != 2 || got.Bytes < 200 {
			t.Errorf("listed %+v", got)
		}
	})

	t.Run("they are listed page by page", func(t *testing.T) {
		r := furnish(t, srv)
		var want []string
		for _, user := range []harness.User{anna, ben, ben, clio, dora} {
			want = append(want, r.as(t, user).Stream(r.class).Ready().Parsed.Connection)
		}
		slices.Sort(want)
		var got []string
		for _, c := range list(t, url.Values{"class": {r.class}, "limit": {"2"}}) {
			got = append(got, c.Connection)
		}
		if !slices.Equal(got, want) {
			t.Errorf("listed %v, want %v", got, want)
		}
	})

	t.Run("an admin closes one, which is told why and can come back", func(t *testing.T) {
		r := furnish(t, srv)
		stream, other := r.as(t, ben).Stream(r.class), r.as(t, ben).Stream(r.class)
		id := stream.Ready().Parsed.Connection
		other.Ready()
		path := "/v1/admin/connections/" + id
		r.as(t, root).Do("DELETE", path+"?reason="+url.QueryEscape("left open over night"), nil).Want(http.StatusNoContent)
		stream.WaitClosing("kicked")
		srv.WaitLog(t, "audit", map[string]string{
			"action": "close connection", "actor": root.ID, "target": id, "user": ben.ID, "reason": "left open over night",
		})
		srv.WaitLog(t, "stream closed", map[string]string{"connection": id, "reason": "kicked"})
		r.as(t, root).Do("DELETE", path, nil).WantProblem(http.StatusNotFound, "not_found")
		r.as(t, anna).Post(r.class, "who is there?")
		other.WaitFor("the message", harness.Created("who is there?"))
		stream.Resume().WaitFor("the message", harness.Created("who is there?"))
	})

	t.Run("a list is in the audit log too", func(t *testing.T) {
		auditor := harness.Admin("auditor")
		srv.As(t, auditor).Get("/v1/admin/connections?user=ben").Want(http.StatusOK)
		srv.WaitLog(t, "audit", map[string]string{"action": "list connections", "actor": auditor.ID, "user": "ben"})
	})

	t.Run("only admins may", func(t *testing.T) {
		r := furnish(t, srv)
		stream := r.as(t, ben).Stream(r.class)
		id := stream.Ready().Parsed.Connection
		for _, user := range []harness.User{anna, ben} {
			r.as(t, user).Get("/v1/admin/connections").WantProblem(http.StatusForbidden, "forbidden")
			r.as(t, user).Do("DELETE", "/v1/admin/connections/"+id, nil).WantProblem(http.StatusForbidden, "forbidden")
		}
		if len(list(t, url.Values{"class": {r.class}})) != 1 {
			t.Error("the connection is gone")
		}
	})

	t.Run("what makes no sense is refused", func(t *testing.T) {
		admin := srv.As(t, root)
		for _, query := range []string{"?class=x", "?user=a%20b", "?user=", "?page=x", "?limit=0", "?limit=201", "?node=1", "?class="} {
			admin.Get("/v1/admin/connections"+query).WantProblem(http.StatusBadRequest, "invalid_query")
		}
		const nobody = "/v1/admin/connections/3f0c9a55-4f0e-4c39-9b1e-6a4f9d1c2b7e"
		for _, query := range []string{"?reason=" + strings.Repeat("x", 201), "?reason=a%0Ab", "?reason=%00", "?reason=%ff", "?why=x"} {
			admin.Do("DELETE", nobody+query, nil).WantProblem(http.StatusBadRequest, "invalid_query")
		}
		admin.Do("DELETE", "/v1/admin/connections/x", nil).WantProblem(http.StatusBadRequest, "invalid_id")
		admin.Do("DELETE", nobody+"?reason="+strings.Repeat("%C3%BC", 200), nil).WantProblem(http.StatusNotFound, "not_found")
	})
}
