package events

import (
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestConnections(t *testing.T) {
	t.Run("tell whose they are and what went over them", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			time.Sleep(time.Minute) // fake time
			since := Now()
			r := f.run(Request{User: "s", Class: class, Address: "192.0.2.7"})
			time.Sleep(time.Minute) // fake time
			f.post(3)
			f.wantSeqs(r, span(3, 5))
			list := f.hub.Connections(Connections{Limit: 10})
			if len(list) != 1 {
				t.Fatalf("%d connections", len(list))
			}
			got := list[0]
			r.stop()
			if ended := <-r.ended; got.Bytes != ended.Bytes || got.Bytes == 0 {
				t.Errorf("%d bytes, in the end %d", got.Bytes, ended.Bytes)
			}
			if got.User != "s" || *got.Class != class || got.Since != since || got.Address != "192.0.2.7" || got.Events != 3 || got.Queued != 0 || got.ID == "" {
				t.Errorf("%+v", got)
			}
			synctest.Wait()
			if left := f.hub.Connections(Connections{Limit: 10}); len(left) != 0 {
				t.Errorf("after its end: %+v", left)
			}
		})
	})

	t.Run("tell what waits for a reader that doesn't read", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			<-r.gate
			f.post(1)
			synctest.Wait()
			f.post(7)
			if got := f.hub.Connections(Connections{Limit: 10})[0]; got.Queued != 7 || got.Events != 0 {
				t.Errorf("%+v", got)
			}
			r.gate <- struct{}{}
			f.wantSeqs(r, span(3, 10))
			if got := f.hub.Connections(Connections{Limit: 10})[0]; got.Queued != 0 || got.Events != 8 {
				t.Errorf("%+v", got)
			}
		})
	})

	t.Run("are found by user and class, in pages", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			for range 3 {
				f.open("s", nil)
			}
			f.open("t", nil)
			f.run(Request{User: "s"}) // of all classes
			for want, n := range map[Connections]int{
				{Limit: 10}:                          5,
				{Limit: 10, User: "s"}:               4,
				{Limit: 10, User: "nobody"}:          0,
				{Limit: 10, Class: class}:            4,
				{Limit: 10, Class: class, User: "t"}: 1,
				{Limit: 10, Class: "another"}:        0,
			} {
				if got := f.hub.Connections(want); len(got) != n {
					t.Errorf("%+v: %d connections, want %d", want, len(got), n)
				}
			}
			var ids []string
			for after := ""; ; {
				page := f.hub.Connections(Connections{Limit: 2, After: after})
				if len(page) == 0 {
					break
				}
				for _, c := range page {
					ids = append(ids, c.ID)
				}
				after = ids[len(ids)-1]
			}
			if len(ids) != 5 || !slices.IsSorted(ids) || len(slices.Compact(ids)) != 5 {
				t.Errorf("pages have %v", ids)
			}
		})
	})
}

func TestKick(t *testing.T) {
	t.Run("ends one stream, which is told", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r, other := f.open("s", nil), f.open("s", nil)
			id := connectionOf(t, r)
			f.post(1)
			kicked, found := f.hub.Kick(id)
			if !found || kicked.ID != id || kicked.User != "s" {
				t.Errorf("kicked %+v, found %v", kicked, found)
			}
			if reason := r.end(); reason != ReasonKicked {
				t.Errorf("it ended for the reason %q", reason)
			}
			if len(r.got(StreamClosing)) != 1 || len(r.got(MessageCreated)) != 1 {
				t.Errorf("it got %+v", r.frames)
			}
			synctest.Wait()
			if _, found := f.hub.Kick(id); found {
				t.Error("it was found again")
			}
			f.post(1)
			f.wantSeqs(other, span(3, 4))
		})
	})

	t.Run("ends one that has nothing to send", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			if _, found := f.hub.Kick(connectionOf(t, r)); !found {
				t.Error("not found")
			}
			if reason := r.end(); reason != ReasonKicked || len(r.got(StreamClosing)) != 1 {
				t.Errorf("it ended for the reason %q with %+v", reason, r.frames)
			}
		})
	})

	t.Run("finds no stream that isn't there", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.open("s", nil)
			if _, found := f.hub.Kick("somebody"); found {
				t.Error("found")
			}
		})
	})
}

// connectionOf is what a stream's ready names it.
func connectionOf(t *testing.T, r *reader) string {
	t.Helper()
	var frame struct{ Connection string }
	if err := json.Unmarshal([]byte(r.got(StreamReady)[0].data), &frame); err != nil {
		t.Fatal(err)
	}
	return frame.Connection
}
