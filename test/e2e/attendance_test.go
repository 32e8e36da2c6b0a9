package e2e_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

func TestAttendance(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db, Args: []string{"--presence-grace", "1s"}})

		t.Run("teachers see who was there, of all members", func(t *testing.T) {
			r := furnish(t, srv)
			came := time.Now()
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			r.as(t, dora).Stream(furnish(t, srv).class).Ready() // another class isn't this one
			teacher := r.as(t, anna)
			harness.Eventually(t, "ben is present", func() bool { return teacher.Attendance(r.class, nil)["ben"].Sessions == 1 })
			stream.Cut()
			harness.Eventually(t, "his session has ended", func() bool { // one that goes on lasts until now
				return time.Since(*teacher.Attendance(r.class, nil)["ben"].LastSeen) > 2*time.Second
			})
			list := teacher.Attendance(r.class, nil)
			got := list["ben"]
			if got.FirstSeen.Before(came.Add(-time.Millisecond)) || got.LastSeen.Before(*got.FirstSeen) ||
				got.Sessions != 1 || got.Role != "student" || got.Name != ben.Name {
				t.Errorf("attendance %+v, came %v", got, came)
			}
			for _, user := range []string{"anna", "clio", "dora"} {
				if got := list[user]; got.FirstSeen != nil || got.LastSeen != nil || got.Minutes != 0 || got.Sessions != 0 || got.User != user {
					t.Errorf("attendance %+v", got)
				}
			}
			before := url.Values{"to": {came.Add(-time.Second).UTC().Format(time.RFC3339Nano)}}
			if got := teacher.Attendance(r.class, before)["ben"]; got.Sessions != 0 {
				t.Errorf("attendance before he came: %+v", got)
			}
		})

		t.Run("who comes back within the grace period was there all the time", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			for range 5 {
				stream.Ready()
				again := r.as(t, ben).Stream(r.class)
				stream.Cut()
				stream = again
			}
			harness.Eventually(t, "ben is present", func() bool { return r.as(t, anna).Attendance(r.class, nil)["ben"].Sessions > 0 })
			if got := r.as(t, anna).Attendance(r.class, nil)["ben"]; got.Sessions != 1 {
				t.Errorf("attendance %+v", got)
			}
		})

		t.Run("as a table that no program calculates with", func(t *testing.T) {
			r := furnish(t, srv)
			teacher := r.as(t, anna)
			for user, name := range map[string]string{
				"=1+1": `=HYPERLINK("http://evil.example","x")`, "+2": "+2", "-3": "-3, and more", "@4": "@SUM(A1)", "plain": `"Jörg", the 3rd`,
			} {
				teacher.Do("PUT", r.path("members", url.PathEscape(user)), map[string]string{"role": "student", "name": name}).Want(http.StatusCreated)
			}
			for _, resp := range []*harness.Response{
				teacher.Get(r.path("attendance") + "?format=csv&limit=1"),
				teacher.Get(r.path("attendance"), "Accept", "text/csv"),
			} {
				resp.Want(http.StatusOK)
				rows, err := csv.NewReader(strings.NewReader(string(resp.Body))).ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				if got := resp.Header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
					t.Errorf("Content-Type %s", got)
				}
				if !slices.Equal(rows[0], []string{"user", "name", "role", "first_seen_at", "last_seen_at", "minutes", "sessions"}) || len(rows) != 10 {
					t.Errorf("%d rows, the first is %v", len(rows), rows[0])
				}
				names := map[string]string{}
				for _, row := range rows[1:] {
					names[row[0]] = row[1]
					for _, cell := range row {
						if cell != "" && strings.Contains("=+-@", cell[:1]) {
							t.Errorf("cell %q", cell)
						}
					}
				}
				if names["'=1+1"] != `'=HYPERLINK("http://evil.example","x")` || names["'-3"] != "'-3, and more" || names["plain"] != `"Jörg", the 3rd` {
					t.Errorf("names %q", names)
				}
			}
		})

		t.Run("for teachers and admins only, of at most a month", func(t *testing.T) {
			r := furnish(t, srv)
			r.as(t, ben).Get(r.path("attendance")).WantProblem(http.StatusForbidden, "forbidden")
			r.as(t, clio).Get(r.path("attendance")+"?format=csv").WantProblem(http.StatusForbidden, "forbidden")
			r.as(t, root).Get(r.path("attendance")).Want(http.StatusOK)
			for _, query := range []string{
				"from=yesterday", "to=2026-11-22", "from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:01Z", "from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
				"from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from=2026-01-01T00:00:00+01:00&to=2026-01-02T00:00:00Z", "format=xml", "since=2026-01-01T00:00:00Z",
			} {
				r.as(t, anna).Get(r.path("attendance")+"?"+query).WantProblem(http.StatusBadRequest, "invalid_query")
			}
			r.as(t, anna).Get(r.path("attendance") + "?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z").Want(http.StatusOK)
		})

		t.Run("a graceful stop ends sessions, and they are kept", func(t *testing.T) {
			r := furnish(t, srv)
			r.as(t, ben).Stream(r.class).Ready()
			came := time.Now()
			srv.Terminate()
			stopped := time.Now()
			srv.Restart()
			got := r.as(t, anna).Attendance(r.class, nil)["ben"]
			if got.Sessions != 1 || got.LastSeen.Before(came.Truncate(time.Millisecond)) || got.LastSeen.After(stopped) {
				t.Errorf("attendance %+v, came %v, stopped %v", got, came, stopped)
			}
		})
	})
}
