package e2e_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"homeroom/test/harness"
)

// notices are the notices that a stream has had so far, by how they came.
func notices(s *harness.Stream) (events, signals []string) {
	for _, f := range s.Frames() {
		if f.Event != "system.notice" {
			continue
		}
		if f.HasID {
			events = append(events, f.Parsed.Notice().Text)
		} else {
			signals = append(signals, f.Parsed.Notice().Text)
		}
	}
	return events, signals
}

func TestNotice(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		t.Run("reaches every open stream, and who connects before it expires", func(t *testing.T) {
			r := openRoom(t, harness.Options{Database: db, Args: []string{"--heartbeat", "100ms"}})
			admin := r.as(t, root)
			open := []*harness.Stream{r.as(t, ben).Stream(r.class), r.as(t, anna).Stream(harness.AllClasses), r.as(t, finn).Stream(harness.AllClasses)}
			for _, s := range open {
				s.Ready()
			}
			admin.Notify("before", time.Hour)
			gone := admin.Notify("gone", time.Hour)
			for _, s := range open {
				for _, text := range []string{"before", "gone"} {
					if f := s.WaitFor(text, harness.Noticed(text)); !f.HasID || f.Parsed.Class != "" {
						t.Errorf("came as %s with id %q", f.Data, f.ID)
					}
				}
			}
			admin.Do("DELETE", harness.NoticesPath+"/"+gone.ID, nil).Want(http.StatusNoContent)
			withdrawn := open[0].WaitFor("its withdrawal", harness.Noticed("gone")).Parsed.Notice()
			if withdrawn.Version != 2 || withdrawn.ExpiresAt.After(time.Now()) {
				t.Errorf("withdrawn as %+v", withdrawn)
			}

			fresh := r.as(t, dora).Stream(r.class)
			fresh.Ready()
			if f := fresh.WaitFor("the notice", harness.Noticed("before")); f.HasID {
				t.Errorf("what was said before the stream comes as %s with id %q", f.Data, f.ID)
			}
			admin.Notify("after", time.Hour)
			fresh.WaitFor("the next one", harness.Noticed("after"))
			again := fresh.Resume()
			again.Quiet(2)
			if events, signals := notices(again); len(events)+len(signals) > 0 {
				t.Errorf("one who comes back gets again %v %v", events, signals)
			}
			replayed := r.as(t, ben).Stream(r.class, harness.From(open[0].Frames()[0].ID))
			replayed.WaitFor("the last one", harness.Noticed("after"))
			replayed.Quiet(2)
			if events, signals := notices(replayed); len(signals) > 0 || !slices.Equal(events, []string{"before", "gone", "gone", "after"}) {
				t.Errorf("replayed are %v, and as signals %v", events, signals)
			}
		})

		t.Run("expires by itself", func(t *testing.T) {
			r := openRoom(t, harness.Options{Database: db, Args: []string{"--heartbeat", "100ms"}})
			admin, student := r.as(t, root), r.as(t, ben)
			short := admin.Notify("short", 300*time.Millisecond)
			long := admin.Notify("long", time.Hour)
			harness.Eventually(t, "the notice expires", func() bool {
				return student.Get(harness.NoticesPath+"/"+short.ID).Status == http.StatusNotFound
			})
			list := harness.List[harness.Notice](student, harness.NoticesPath, nil)
			if len(list) != 1 || list[0].ID != long.ID {
				t.Errorf("listed are %+v", list)
			}
			s := student.Stream(harness.AllClasses)
			s.WaitFor("the other", harness.Noticed("long"))
			if _, signals := notices(s); len(signals) != 1 {
				t.Errorf("a new stream gets %v", signals)
			}
		})
	})

	t.Run("is for admins to make, and its fields are checked", func(t *testing.T) {
		srv := harness.Start(t, harness.Options{})
		good := map[string]any{"level": "info", "text": "x", "expires_at": time.Now().Add(time.Hour).UTC()}
		for _, user := range []harness.User{anna, ben} {
			srv.As(t, user).Do("POST", harness.NoticesPath, good).WantProblem(http.StatusForbidden, "forbidden")
		}
		admin := srv.As(t, root)
		for field, values := range map[string][]any{
			"level":      {"loud", "", "INFO", nil},
			"text":       {"", " ", nil, string(make([]byte, 10))},
			"expires_at": {"tomorrow", "", nil, time.Now().Add(-time.Minute).UTC(), time.Now().AddDate(1, 0, 3).UTC(), "2026-13-01T00:00:00Z"},
		} {
			for _, value := range values {
				body := map[string]any{}
				for name := range good {
					body[name] = good[name]
				}
				body[field] = value
				wantFieldError(t, admin.Do("POST", harness.NoticesPath, body), field)
			}
		}
		for range 20 {
			admin.Notify("many", time.Hour)
		}
		admin.Do("POST", harness.NoticesPath, good).WantProblem(http.StatusConflict, "too_many_notices")
	})
}
