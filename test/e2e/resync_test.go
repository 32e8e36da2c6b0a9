package e2e_test

import (
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"homeroom/test/harness"
)

// doctor changes one field of a cursor: a test may know what is opaque to clients.
func doctor(t *testing.T, cursor string, field int, change func(string) string) string {
	t.Helper()
	fields := strings.Split(cursor, ".")
	if len(fields) != 5 {
		t.Fatalf("cursor %q does not have five fields", cursor)
	}
	fields[field] = change(fields[field])
	return strings.Join(fields, ".")
}

// ahead is a cursor n class events after the given one.
func ahead(t *testing.T, cursor string, n int64) string {
	t.Helper()
	return doctor(t, cursor, 1, func(seq string) string {
		at, err := strconv.ParseInt(seq, 10, 64)
		if err != nil {
			t.Fatalf("cursor %q: %v", cursor, err)
		}
		return strconv.FormatInt(at+n, 10)
	})
}

// checkResync opens a stream from a cursor that can't be honoured. It must
// say so after ready, with a cursor to go on from, and then be live.
func checkResync(t *testing.T, r room, stale, reason string) {
	t.Helper()
	reader := r.as(t, ben)
	stream := reader.Stream(r.class, harness.From(stale))
	if ready := stream.Ready(); ready.ID != stale {
		t.Errorf("ready has the cursor %q, want the client's own %q: a cut here would lose the resync", ready.ID, stale)
	}
	resync := stream.WaitFor("resync", harness.OfType("resync"))
	got := resync.Parsed
	if got.Reason != reason || got.Class != r.class {
		t.Fatalf("got %s %s, want a resync of reason %s", resync.Event, resync.Data, reason)
	}
	if resync.ID == stale || resync.ID == "" || resync.ID != got.Cursor {
		t.Errorf("resync has id %q and cursor %q; the stale one was %q", resync.ID, got.Cursor, stale)
	}
	if len(got.Reload) == 0 {
		t.Error("resync names nothing to reload")
	}
	for _, path := range got.Reload {
		reader.Get(path).Want(http.StatusOK)
	}

	page := reader.Events(r.class, harness.EventsQuery{After: stale})
	if events := page.Parsed(); len(events) == 0 || events[0].Type != "resync" || events[0].Reason != reason || events[0].Cursor == "" {
		t.Errorf("the events call answers %s", page.Events)
	}
	if again := reader.Events(r.class, harness.EventsQuery{After: page.Cursor}); len(again.Events) != 0 {
		t.Errorf("after the events call's cursor: %s", again.Events)
	}

	wantExactly(t, stream, r.as(t, anna), r.class)
	resumed := reader.Stream(r.class, harness.From(resync.ID))
	resumed.Ready()
	wantExactly(t, resumed, r.as(t, anna), r.class, "the end of it")
}

func TestResync(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db})

		t.Run("a cursor ahead of the log", func(t *testing.T) {
			cursor := r.as(t, ben).Cursor(r.class)
			checkResync(t, r, ahead(t, cursor, 1000), "ahead")
		})

		t.Run("a cursor of another epoch", func(t *testing.T) {
			cursor := r.as(t, ben).Cursor(r.class)
			r.as(t, anna).Post(r.class, "in the old epoch")
			if code := r.srv.Terminate(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			args := []string{"epoch", "rotate", "--data", r.srv.Data}
			if r.srv.DataURL != "" {
				args = append(args, "--database-url", r.srv.DataURL)
			}
			harness.Run(t, nil, args...).Must(t)
			r.srv.Restart()
			checkResync(t, r, cursor, "epoch")
			fresh := r.as(t, ben).Cursor(r.class)
			if old, now := strings.Split(cursor, ".")[0], strings.Split(fresh, ".")[0]; old == now {
				t.Errorf("the epoch is still %s", now)
			}
		})
	})

	t.Run("a backup is restored and a cursor is newer than it", func(t *testing.T) {
		t.Parallel()
		r := openRoom(t, harness.Options{})
		r.as(t, anna).Post(r.class, "in the backup")
		if code := r.srv.Terminate(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		backup := t.TempDir()
		if err := os.CopyFS(backup, os.DirFS(r.srv.Data)); err != nil {
			t.Fatal(err)
		}
		r.srv.Restart()
		r.as(t, anna).Post(r.class, "after the backup")
		newer := r.as(t, ben).Cursor(r.class)
		r.srv.Terminate()
		restored := harness.Start(t, harness.Options{Data: backup})
		checkResync(t, room{srv: restored, class: r.class}, newer, "ahead")
	})
}

func TestCursorRefused(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db})
		other := furnish(t, r.srv)
		cursor := r.as(t, ben).Cursor(r.class)
		tests := map[string]string{
			"garbage":                  "garbage",
			"a number":                 "7",
			"a missing field":          cursor[:strings.LastIndexByte(cursor, '.')],
			"a field too many":         cursor + ".0",
			"a negative seq":           doctor(t, cursor, 1, func(string) string { return "-1" }),
			"a seq with a plus":        doctor(t, cursor, 1, func(s string) string { return "+" + s }),
			"a seq with a zero before": doctor(t, cursor, 1, func(s string) string { return "0" + s }),
			"a seq that is no number":  doctor(t, cursor, 1, func(string) string { return "1e3" }),
			"a seq beyond 64 bits":     doctor(t, cursor, 1, func(string) string { return "18446744073709551616" }),
			"a seq just beyond int64":  doctor(t, cursor, 1, func(string) string { return "9223372036854775808" }),
			"an empty epoch":           doctor(t, cursor, 0, func(string) string { return "" }),
			"an empty seq":             doctor(t, cursor, 1, func(string) string { return "" }),
			"another class's":          other.as(t, ben).Cursor(other.class),
			"a huge one":               strings.Repeat("9", 5000),
			"only dots":                "....",
			"a space":                  strings.Replace(cursor, ".", ". ", 1),
			"a letter beyond ASCII":    cursor + "ü",
			"a newline":                cursor + "\n",
			"a newline and a field":    cursor + "\nevent: evil",
			"a NUL":                    cursor + "\x00",
		}
		for what, bad := range tests {
			t.Run(what, func(t *testing.T) {
				reader := r.as(t, ben)
				for _, call := range []string{"stream?last_event_id=", "stream?lastEventId=", "events?after="} {
					reader.Get(r.path()+"/"+call+url.QueryEscape(bad)).WantProblem(http.StatusBadRequest, "invalid_cursor")
				}
				if !strings.ContainsAny(bad, "\n\x00") { // no client can send these in a header
					reader.Get(r.path("stream"), "Last-Event-ID", bad).WantProblem(http.StatusBadRequest, "invalid_cursor")
				}
			})
		}
	})
}
