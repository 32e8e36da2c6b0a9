package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"homeroom/test/harness"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})

		t.Run("pages from the start have everything that the stream had, to the byte", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, dora).Stream(r.class, harness.From(firstCursor(t, r, dora)))
			m := r.as(t, ben).Post(r.class, "one")
			r.as(t, ben).Edit(r.class, m.ID, "one, corrected")
			r.as(t, ben).Delete(r.class, m.ID)
			for i := range 20 {
				r.as(t, ben).Post(r.class, fmt.Sprintf("message %d", i))
			}
			head := r.as(t, ben).Post(r.class, "the end of it").Seq
			stream.WaitFor("the end of it", harness.Created("the end of it"))

			var raw []json.RawMessage
			for after := ""; ; {
				page := r.as(t, dora).Events(r.class, harness.EventsQuery{After: after, Limit: 7})
				if len(page.Events) == 0 {
					break
				}
				if len(page.Events) > 7 {
					t.Fatalf("a page of %d, asked for 7", len(page.Events))
				}
				raw = append(raw, page.Events...)
				after = page.Cursor
			}
			type place struct {
				channel string
				seq     int64
			}
			streamed := map[place]string{}
			for _, f := range stream.Frames() {
				streamed[place{f.Parsed.Channel(), f.Parsed.Seq}] = f.Data
			}
			next := int64(1)
			for i, data := range raw {
				var e harness.Event
				unmarshal(t, data, &e)
				if e.OfClass() {
					if e.Seq != next {
						t.Fatalf("seq %d where %d is next", e.Seq, next)
					}
					next++
				}
				if got := streamed[place{e.Channel(), e.Seq}]; i > 0 && string(data) != got { // the stream began after the first one
					t.Errorf("event %d: %s; streamed: %s", e.Seq, data, got)
				}
			}
			if next != head+1 {
				t.Fatalf("the last seq is %d, want %d", next-1, head)
			}
		})

		t.Run("cursors of the stream and of the call are the same", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			postAll(r.as(t, anna), r.class, "one")
			one := stream.WaitFor("the message", harness.Created("one"))
			postAll(r.as(t, anna), r.class, "two", "three")
			page := r.as(t, ben).Events(r.class, harness.EventsQuery{After: one.ID, Limit: 1})
			if events := page.Parsed(); len(events) != 1 || *events[0].Message().Text != "two" {
				t.Fatalf("after the stream's cursor: %s", page.Events)
			}
			resumed := r.as(t, ben).Stream(r.class, harness.From(page.Cursor))
			resumed.Ready()
			wantExactly(t, resumed, r.as(t, anna), r.class, "three")
		})

		t.Run("a long poll answers as soon as something is posted", func(t *testing.T) {
			r := furnish(t, srv)
			after := r.as(t, ben).Cursor(r.class)
			type answer struct {
				page harness.EventPage
				err  error
			}
			reader, answers := r.as(t, ben), make(chan answer, 1)
			begun := time.Now()
			go func() {
				page, err := reader.TryEvents(t.Context(), r.class, harness.EventsQuery{After: after, Wait: 60})
				answers <- answer{page, err}
			}()
			postAll(r.as(t, anna), r.class, "wake up")
			got := <-answers
			if got.err != nil {
				t.Fatal(got.err)
			}
			if events := got.page.Parsed(); len(events) != 1 || *events[0].Message().Text != "wake up" {
				t.Errorf("answered %s", got.page.Events)
			}
			if took := time.Since(begun); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
		})

		t.Run("a long poll with something to tell does not wait", func(t *testing.T) {
			r := furnish(t, srv)
			after := r.as(t, ben).Cursor(r.class)
			postAll(r.as(t, anna), r.class, "here already")
			begun := time.Now()
			page := r.as(t, ben).Events(r.class, harness.EventsQuery{After: after, Wait: 60})
			if len(page.Events) != 1 || time.Since(begun) > 30*time.Second {
				t.Errorf("%d events after %v", len(page.Events), time.Since(begun))
			}
		})

		t.Run("a long poll without news ends empty where it began", func(t *testing.T) {
			r := furnish(t, srv)
			after := r.as(t, ben).Cursor(r.class)
			begun := time.Now()
			resp := r.as(t, ben).Get(r.path("events") + "?wait=1&after=" + after).Want(http.StatusOK)
			var page harness.EventPage
			resp.Into(&page)
			if page.Events == nil || len(page.Events) != 0 || page.Cursor != after {
				t.Errorf("answered %s, want no events and the cursor %s", resp.Body, after)
			}
			if took := time.Since(begun); took < 900*time.Millisecond {
				t.Errorf("it took only %v", took)
			}
			if page := r.as(t, ben).Events(r.class, harness.EventsQuery{After: after}); len(page.Events) != 0 || page.Cursor != after {
				t.Errorf("without wait: %s and the cursor %s", page.Events, page.Cursor)
			}
		})

		t.Run("a long poll of someone who is removed ends", func(t *testing.T) {
			r := furnish(t, srv)
			after := r.as(t, ben).Cursor(r.class)
			reader, answers := r.as(t, ben), make(chan *harness.Response, 1)
			begun := time.Now()
			go func() {
				resp, _ := reader.Send(t.Context(), harness.Call{Method: "GET", Path: r.path("events") + "?wait=60&after=" + after})
				answers <- resp
			}()
			teacher := r.as(t, anna)
			teacher.RemoveMember(r.class, ben)
			teacher.Post(r.class, "not for ben any more")
			resp := <-answers
			if resp == nil {
				t.Fatal("no answer")
			}
			if resp.Status == http.StatusOK {
				var page harness.EventPage
				resp.Into(&page)
				for _, e := range page.Parsed() {
					if e.Type == "message.created" {
						t.Errorf("a removed member was shown %s", resp.Body)
					}
				}
			} else {
				resp.WantProblem(http.StatusNotFound, "not_found")
			}
			if took := time.Since(begun); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
		})

		t.Run("the default page has a hundred events, the largest a thousand", func(t *testing.T) {
			r := furnish(t, srv)
			poster := r.as(t, ben).Unchecked()
			for i := range 110 {
				if _, err := poster.TryPost(t.Context(), r.class, fmt.Sprintf("message %d", i)); err != nil {
					t.Fatal(err)
				}
			}
			if page := r.as(t, ben).Events(r.class, harness.EventsQuery{}); len(page.Events) != 100 {
				t.Errorf("default: %d events", len(page.Events))
			}
			if page := r.as(t, ben).Events(r.class, harness.EventsQuery{Limit: 1000}); len(page.Events) < 114 {
				t.Errorf("largest: %d events", len(page.Events))
			}
		})
	})
}

// firstCursor is the position after the first event that the user can read.
func firstCursor(t *testing.T, r room, user harness.User) string {
	t.Helper()
	return r.as(t, user).Events(r.class, harness.EventsQuery{Limit: 1}).Cursor
}
