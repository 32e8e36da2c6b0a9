package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"homeroom/test/harness"
)

// postAll posts texts one after the other.
func postAll(c *harness.Client, class string, texts ...string) {
	for _, text := range texts {
		c.Post(class, text)
	}
}

// wantExactly takes as many events as there are texts: each must be the creation
// of the next text. Then it posts one more message, which must come next: so
// nothing stood in between.
func wantExactly(t *testing.T, stream *harness.Stream, poster *harness.Client, class string, texts ...string) {
	t.Helper()
	poster.Post(class, "the end of it")
	for _, text := range append(slices.Clone(texts), "the end of it") {
		if f := stream.Event(); !harness.Created(text)(f) {
			t.Fatalf("got %s %s, want the message %q", f.Event, f.Data, text)
		}
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})

		t.Run("without a cursor a stream is live from now on", func(t *testing.T) {
			r := furnish(t, srv)
			postAll(r.as(t, anna), r.class, "before")
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			wantExactly(t, stream, r.as(t, anna), r.class)
		})

		t.Run("after a cut exactly what was posted meanwhile comes, in order", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			postAll(r.as(t, anna), r.class, "seen")
			stream.WaitFor("the message", harness.Created("seen"))
			stream.Cut()
			postAll(r.as(t, anna), r.class, "one", "two", "three")
			resumed := r.as(t, ben).Stream(r.class, harness.From(stream.Cursor()))
			if ready := resumed.Ready(); ready.ID != stream.Cursor() {
				t.Errorf("ready has the cursor %q, want the client's own %q: a cut here would lose the replay", ready.ID, stream.Cursor())
			}
			wantExactly(t, resumed, r.as(t, anna), r.class, "one", "two", "three")
		})

		t.Run("a stream that saw no event resumes from its first frame", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			stream.Cut()
			postAll(r.as(t, anna), r.class, "one", "two")
			resumed := stream.Resume()
			resumed.Ready()
			wantExactly(t, resumed, r.as(t, anna), r.class, "one", "two")
		})

		t.Run("any number of cuts in a row lose and repeat nothing", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			for i := range 10 {
				stream.Cut()
				text := fmt.Sprintf("message %d", i)
				postAll(r.as(t, anna), r.class, text)
				stream = stream.Resume()
				stream.Ready()
				if f := stream.Event(); !harness.Created(text)(f) {
					t.Fatalf("got %s, want %q", f.Data, text)
				}
				if i%2 == 0 { // now and then cut a stream that has seen no more than ready
					stream = stream.Resume()
					stream.Ready()
				}
			}
		})

		t.Run("the cursor is taken from the header and from both queries, and the header wins", func(t *testing.T) {
			r := furnish(t, srv)
			early := r.as(t, ben).Cursor(r.class)
			postAll(r.as(t, anna), r.class, "one")
			late := r.as(t, ben).Cursor(r.class)
			postAll(r.as(t, anna), r.class, "two")
			for what, tt := range map[string]struct {
				at    harness.Position
				first string
			}{
				"header":                   {harness.From(early), "one"},
				"last_event_id":            {harness.Position{Query: url.Values{"last_event_id": {early}}}, "one"},
				"lastEventId":              {harness.Position{Query: url.Values{"lastEventId": {early}}}, "one"},
				"header and last_event_id": {harness.Position{LastEventID: late, Query: url.Values{"last_event_id": {early}}}, "two"},
				"header and lastEventId":   {harness.Position{LastEventID: late, Query: url.Values{"lastEventId": {early}}}, "two"},
				"header and garbage":       {harness.Position{LastEventID: late, Query: url.Values{"lastEventId": {"garbage"}}}, "two"},
			} {
				stream := r.as(t, ben).Stream(r.class, tt.at)
				stream.Ready()
				if f := stream.Event(); !harness.Created(tt.first)(f) {
					t.Errorf("%s: the first event is %s, want %q", what, f.Data, tt.first)
				}
				stream.Cut()
			}
		})

		t.Run("the cursor of a list misses and repeats nothing", func(t *testing.T) {
			r := furnish(t, srv)
			snapshotThenStream(t, r)
		})

		t.Run("a restart changes nothing", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			postAll(r.as(t, anna), r.class, "seen")
			stream.WaitFor("the message", harness.Created("seen"))
			stream.Cut()
			postAll(r.as(t, anna), r.class, "one", "two", "three")
			if code := srv.Terminate(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			srv.Restart()
			resumed := stream.Resume()
			resumed.Ready()
			wantExactly(t, resumed, r.as(t, anna), r.class, "one", "two", "three")
		})

		t.Run("what was lost with a membership is not replayed", func(t *testing.T) {
			r := furnish(t, srv)
			cursor := r.as(t, ben).Cursor(r.class)
			postAll(r.as(t, anna), r.class, "not for ben any more")
			r.as(t, anna).RemoveMember(r.class, ben)
			r.as(t, ben).Get(r.path("stream"), "Last-Event-ID", cursor).WantProblem(http.StatusNotFound, "not_found")
			r.as(t, ben).Get(r.path("events")+"?after="+cursor).WantProblem(http.StatusNotFound, "not_found")
		})
	})
}

// snapshotThenStream takes lists while four members post, and opens a stream
// from each list's cursor: list and stream together must be everything, once.
func snapshotThenStream(t *testing.T, r room) {
	t.Helper()
	const writers, each = 4, 30
	poster := r.as(t, ben).Unchecked()
	var posting sync.WaitGroup
	for w := range writers {
		posting.Go(func() {
			for i := range each {
				if _, err := poster.TryPost(t.Context(), r.class, fmt.Sprintf("%d of writer %d", i, w)); err != nil {
					t.Errorf("post: %v", err)
					return
				}
			}
		})
	}
	reader := r.as(t, dora)
	type snapshot struct {
		listed []harness.Message
		stream *harness.Stream
	}
	var snapshots []snapshot
	for range 6 {
		var page harness.Page[harness.Message]
		resp := reader.Get(r.path("messages") + "?limit=200&order=asc").Want(http.StatusOK).Into(&page)
		stream := reader.Stream(r.class, harness.From(resp.Header.Get("Homeroom-Cursor")))
		snapshots = append(snapshots, snapshot{page.Items, stream})
	}
	posting.Wait()
	last := r.as(t, anna).Post(r.class, "the end of it")
	for i, snap := range snapshots {
		times := map[string]int{}
		for _, m := range snap.listed {
			times[m.ID]++
		}
		snap.stream.WaitFor("the end of it", func(f harness.Frame) bool { return f.Parsed.OfClass() && f.Parsed.Seq == last.Seq })
		for _, e := range snap.stream.Events() {
			times[e.Message().ID]++
		}
		if len(times) != writers*each+1 {
			t.Errorf("snapshot %d of %d messages: %d messages in list and stream together, want %d", i, len(snap.listed), len(times), writers*each+1)
		}
		for id, n := range times {
			if n != 1 {
				t.Errorf("snapshot %d of %d messages: message %s came %d times", i, len(snap.listed), id, n)
			}
		}
	}
}
