package e2e_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"homeroom/test/harness"
)

// remindAfter has anna give an assignment whose one reminder comes after a
// while, and returns its id.
func remindAfter(t *testing.T, r room, wait time.Duration) string {
	t.Helper()
	for ; ; wait = max(2*wait, 10*time.Millisecond) {
		m := r.as(t, anna).Announce(r.class, "assignments", map[string]any{
			"title": "Essay", "text": "Two pages", "due_at": later(wait + time.Hour), "reminders": []int{3600},
		})
		if m.DueAt.Add(-time.Hour).After(m.CreatedAt) { // else it came too late to be reminded of
			return m.ID
		}
	}
}

// announceSoon has anna announce something in a moment, and returns its id.
func announceSoon(t *testing.T, r room) string {
	t.Helper()
	var m harness.Bulletin
	soon(func(at string) *harness.Response {
		body := map[string]any{"title": "Trip", "text": "To the sea", "publish_at": at}
		return r.as(t, anna).Do("POST", r.path("announcements"), body)
	}).Want(http.StatusCreated).Into(&m)
	return m.ID
}

// reminders counts a class's reminders by assignment, as its log has them.
func reminders(t *testing.T, r room) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, e := range r.as(t, anna).History(r.class, "") {
		if e.Type != "assignment.due" {
			continue
		}
		var due struct {
			Assignment harness.Bulletin `json:"assignment"`
		}
		if err := json.Unmarshal(e.Data, &due); err != nil {
			t.Fatal(err)
		}
		counts[due.Assignment.ID]++
	}
	return counts
}

// wantOnce checks that each of the assignments was reminded of once.
func wantOnce(t *testing.T, r room, ids []string) {
	t.Helper()
	counts := reminders(t, r)
	for _, id := range ids {
		if counts[id] != 1 {
			t.Errorf("reminded %d times of %s", counts[id], id)
		}
		delete(counts, id)
	}
	if len(counts) > 0 {
		t.Errorf("reminded of others too: %v", counts)
	}
}

func TestReminders(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db})

		t.Run("come in time, on every stream", func(t *testing.T) {
			r := furnish(t, r.srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			began := time.Now()
			remindAfter(t, r, time.Second)
			f := stream.WaitFor("the reminder", harness.OfType("assignment.due"))
			if took := time.Since(began); took < time.Second {
				t.Errorf("it came after %s", took)
			}
			var due struct {
				OffsetSeconds int64     `json:"offset_seconds"`
				DueAt         time.Time `json:"due_at"`
			}
			if err := json.Unmarshal(f.Parsed.Data, &due); err != nil || due.OffsetSeconds != 3600 || f.Parsed.At.Before(due.DueAt.Add(-time.Hour)) {
				t.Errorf("event %s, %v", f.Data, err)
			}
		})

		t.Run("that fell due while the server was down come once, when it is back", func(t *testing.T) {
			r := furnish(t, r.srv)
			cursor := r.as(t, ben).Cursor(r.class)
			id := remindAfter(t, r, time.Second)
			due := time.Now().Add(time.Second)
			announced := announceSoon(t, r)
			r.srv.Kill9()
			harness.Eventually(t, "their time has come", func() bool { return time.Now().After(due) })
			for range 3 { // the second and third time nothing comes
				r.srv.Restart()
				stream := r.as(t, ben).Stream(r.class, harness.From(cursor))
				stream.WaitFor("the reminder", harness.OfType("assignment.due"))
				wantPublished(t, r, announced)
				stream.Cut()
				wantPublished(t, r, announceSoon(t, r)) // so all that was due before it is done
				wantOnce(t, r, []string{id})
				r.srv.Kill9()
			}
			r.srv.Restart()
		})
	})
}

// wantPublished waits until everybody can read an announcement.
func wantPublished(t *testing.T, r room, id string) {
	t.Helper()
	harness.Eventually(t, "it is published", func() bool {
		return r.as(t, anna).Bulletin(r.class, "announcements", id).Seq != nil
	})
}

// One of two processes is killed while reminders fall due: each comes once.
func TestRemindersOfTwoProcesses(t *testing.T) {
	t.Parallel()
	options := harness.Options{Database: harness.Postgres, Args: []string{"--job-poll", "100ms"}}
	one := harness.Start(t, options)
	options.DatabaseURL = one.DataURL
	two := harness.Start(t, options)
	rounds, each := scale(6, 4, 2), scale(60, 40, 20)
	const first, apart = 1500 * time.Millisecond, 20 * time.Millisecond
	for round := range rounds {
		dies, lives := one, two
		if round%2 == 1 {
			dies, lives = two, one
		}
		r := furnish(t, lives)
		stream := r.as(t, ben).Stream(r.class)
		stream.Ready()
		var ids []string
		due := time.Now().Add(first)
		for i := range each {
			at := room{srv: []*harness.Server{one, two}[i%2], class: r.class}
			ids = append(ids, remindAfter(t, at, time.Until(due.Add(time.Duration(i/2*2)*apart)))) // two at a time
		}
		for range each / 3 {
			stream.WaitFor("a reminder", harness.OfType("assignment.due"))
		}
		dies.Kill9() // while the others fall due
		for range each - each/3 {
			stream.WaitFor("a reminder", harness.OfType("assignment.due"))
		}
		dies.Restart()
		wantPublished(t, r, announceSoon(t, room{srv: dies, class: r.class}))
		wantOnce(t, r, ids)
	}
}
