package e2e_test

import (
	"net/http"
	"net/url"
	"testing"

	"homeroom/test/harness"
)

// last is the position of a client that keeps no cursor.
var last = harness.Position{Query: url.Values{"resume": {"last"}}}

// endStream breaks a stream off, and waits until the server has seen to its end.
func endStream(t *testing.T, srv *harness.Server, stream *harness.Stream) {
	t.Helper()
	connection := stream.Frames()[0].Parsed.Connection
	stream.Cut()
	srv.WaitLog(t, "stream closed", map[string]string{"connection": connection})
}

func TestResumeLast(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})

		t.Run("a stream goes on where my last one ended", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			postAll(r.as(t, anna), r.class, "seen")
			stream.WaitFor("the message", harness.Created("seen"))
			endStream(t, srv, stream)
			postAll(r.as(t, anna), r.class, "one", "two")
			resumed := r.as(t, ben).Stream(r.class, last)
			if ready := resumed.Ready(); ready.ID != stream.Cursor() {
				t.Errorf("it goes on from %s, want %s", ready.ID, stream.Cursor())
			}
			wantExactly(t, resumed, r.as(t, anna), r.class, "one", "two")
			endStream(t, srv, resumed)
			again := r.as(t, ben).Stream(r.class, last)
			again.Ready()
			wantExactly(t, again, r.as(t, anna), r.class)
		})

		t.Run("a stream that saw no event counts too", func(t *testing.T) {
			r := furnish(t, srv)
			postAll(r.as(t, anna), r.class, "before")
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			endStream(t, srv, stream)
			resumed := r.as(t, ben).Stream(r.class, last)
			resumed.Ready()
			wantExactly(t, resumed, r.as(t, anna), r.class)
		})

		t.Run("without an earlier one it begins with the oldest event", func(t *testing.T) {
			r := furnish(t, srv)
			dorasOwn := r.as(t, dora).Stream(r.class) // which is not ben's
			dorasOwn.Ready()
			endStream(t, srv, dorasOwn)
			stream := r.as(t, ben).Stream(r.class, last)
			stream.Ready()
			r.as(t, anna).Post(r.class, "the end of it")
			stream.WaitFor("the message", harness.Created("the end of it"))
			var seq int64
			for _, e := range stream.Events() {
				if e.Type == "notification.created" { // of the inbox, which has seqs of its own
					continue
				}
				if seq++; e.Seq != seq {
					t.Fatalf("event %d comes where %d is due", e.Seq, seq)
				}
			}
		})

		t.Run("a cursor wins", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			endStream(t, srv, stream)
			postAll(r.as(t, anna), r.class, "one")
			late := r.as(t, ben).Cursor(r.class)
			postAll(r.as(t, anna), r.class, "two")
			for what, at := range map[string]harness.Position{
				"header": {LastEventID: late, Query: last.Query},
				"query":  {Query: url.Values{"resume": {"last"}, "last_event_id": {late}}},
			} {
				resumed := r.as(t, ben).Stream(r.class, at)
				resumed.Ready()
				if f := resumed.Event(); !harness.Created("two")(f) {
					t.Errorf("%s: the first event is %s, want two", what, f.Data)
				}
				resumed.Cut()
			}
		})

		t.Run("where it ended is not what was acknowledged", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			m := r.as(t, anna).Post(r.class, "on its way")
			stream.WaitFor("the message", harness.Created("on its way"))
			endStream(t, srv, stream)
			resumed := r.as(t, ben).Stream(r.class, last)
			resumed.Ready()
			r.as(t, dora).Stream(r.class, harness.From(r.as(t, dora).Cursor(r.class))).Ready() // hers does count
			harness.Eventually(t, "a cursor counts", func() bool { return r.as(t, anna).Receipts(r.class)[dora.ID].Delivered == m.Seq })
			wantPositions(t, "ben", r.as(t, anna).Receipts(r.class)[ben.ID], 0, 0)
		})

		t.Run("each class has its own", func(t *testing.T) {
			one, two := furnish(t, srv), furnish(t, srv)
			for _, r := range []room{one, two} {
				stream := r.as(t, ben).Stream(r.class)
				stream.Ready()
				endStream(t, srv, stream)
			}
			postAll(one.as(t, anna), one.class, "in one")
			postAll(two.as(t, anna), two.class, "in two")
			for text, r := range map[string]room{"in one": one, "in two": two} {
				resumed := r.as(t, ben).Stream(r.class, last)
				resumed.Ready()
				wantExactly(t, resumed, r.as(t, anna), r.class, text)
			}
		})

		t.Run("resume must be last, and is for one class only", func(t *testing.T) {
			r := furnish(t, srv)
			for _, value := range []string{"", "first", "LAST", "last,last", "true"} {
				r.as(t, ben).Get(r.path("stream")+"?resume="+url.QueryEscape(value)).WantProblem(http.StatusBadRequest, "invalid_query")
			}
			r.as(t, ben).Get(r.path("stream")+"?resume=last&resume=last").WantProblem(http.StatusBadRequest, "invalid_query")
			r.as(t, ben).Get(r.path("events")+"?resume=last").WantProblem(http.StatusBadRequest, "invalid_query")
			r.as(t, ben).Get("/v1/stream?resume=last").WantProblem(http.StatusBadRequest, "invalid_query")
		})

		t.Run("who was removed goes on only as a member", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			postAll(r.as(t, anna), r.class, "seen")
			stream.WaitFor("the message", harness.Created("seen"))
			r.as(t, anna).RemoveMember(r.class, ben)
			stream.WaitClosing("removed")
			r.as(t, ben).Get(r.path("stream")+"?resume=last").WantProblem(http.StatusNotFound, "not_found")
		})

		t.Run("a stream that the server ended goes on after a restart", func(t *testing.T) {
			r := furnish(t, srv)
			var streams []*harness.Stream
			people := []harness.User{ben, dora, clio}
			for _, user := range people {
				streams = append(streams, r.as(t, user).Stream(r.class))
			}
			postAll(r.as(t, anna), r.class, "seen")
			for _, stream := range streams {
				stream.WaitFor("the message", harness.Created("seen"))
			}
			if code := srv.Terminate(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			for _, stream := range streams {
				stream.WaitClosing("shutdown")
			}
			srv.Restart()
			postAll(r.as(t, anna), r.class, "one")
			for _, user := range people {
				resumed := r.as(t, user).Stream(r.class, last)
				resumed.Ready()
				if f := resumed.Event(); !harness.Created("one")(f) {
					t.Errorf("%s: the first event is %s, want one", user.ID, f.Data)
				}
			}
		})

		t.Run("after a crash it goes on from the end before, and misses nothing", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			endStream(t, srv, stream)
			stream = r.as(t, ben).Stream(r.class, last)
			stream.Ready()
			postAll(r.as(t, anna), r.class, "one")
			stream.WaitFor("the message", harness.Created("one"))
			srv.Kill9()
			srv.Restart()
			resumed := r.as(t, ben).Stream(r.class, last)
			resumed.Ready()
			wantExactly(t, resumed, r.as(t, anna), r.class, "one")
		})
	})
}

func TestResumeLastElsewhere(t *testing.T) {
	t.Parallel()
	one := harness.Start(t, harness.Options{Database: harness.Postgres})
	two := harness.Start(t, harness.Options{DatabaseURL: one.DataURL})
	r := furnish(t, one)
	elsewhere := room{srv: two, class: r.class}
	stream := r.as(t, ben).Stream(r.class)
	stream.Ready()
	for range 5 {
		postAll(r.as(t, anna), r.class, "seen")
		stream.WaitFor("the message", harness.Created("seen"))
		endStream(t, r.srv, stream)
		postAll(r.as(t, anna), r.class, "one", "two")
		r, elsewhere = elsewhere, r
		stream = r.as(t, ben).Stream(r.class, last)
		stream.Ready()
		wantExactly(t, stream, r.as(t, anna), r.class, "one", "two")
	}
}
