package events

import (
	"maps"
	"testing"
	"testing/synctest"
	"time"
)

// TestHeld is about Ended.Cursor: from there, a stream that goes on loses nothing that was not written.
func TestHeld(t *testing.T) {
	t.Run("is the id of the last event", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			f.post(3)
			synctest.Wait()
			r.stop()
			if ended := <-r.ended; ended.Cursor.String() != r.cursor().String() || ended.Cursor.Class != 5 {
				t.Errorf("ended at %s; the client holds %s", ended.Cursor, r.cursor())
			}
		})
	})
	t.Run("is that of stream.ready where nothing came", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			r.stop()
			if ended := <-r.ended; ended.Cursor.String() != r.cursor().String() {
				t.Errorf("ended at %s; the client holds %s", ended.Cursor, r.cursor())
			}
		})
	})
	t.Run("does not count what was not written", func(t *testing.T) {
		inBubble(t, Config{Queue: 4}, func(f *fixture) {
			r := f.open("s", nil)
			f.post(1)
			synctest.Wait()
			<-r.gate // it stops reading
			f.post(10)
			if ended := <-r.ended; ended.Reason != ReasonSlowReader || ended.Cursor.Class != 3 {
				t.Errorf("ended for %s at %s", ended.Reason, ended.Cursor)
			}
		})
	})
	t.Run("is that of resync, once it was told", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.post(5)
			r := f.open("s", &Cursor{Epoch: "e0", Class: 2, Tag: ClassTag(class)})
			r.stop()
			ended := <-r.ended
			if got := r.got(Resync); len(got) != 1 || ended.Cursor.String() != got[0].id {
				t.Errorf("ended at %s after %+v", ended.Cursor, got)
			}
		})
	})
	t.Run("stays the client's own where resync could not be told", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.post(5)
			after := Cursor{Epoch: "e0", Class: 2, Tag: ClassTag(class)}
			s, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class, After: &after})
			if err != nil {
				t.Fatal(err)
			}
			r := newReader(t)
			r.Abort()
			<-r.gate
			f.start(f.t.Context(), s, r, time.Now().Add(time.Minute))
			if ended := <-r.ended; !ended.Cursor.IsZero() {
				t.Errorf("ended at %s, and nothing was written", ended.Cursor)
			}
		})
	})
}

func TestAcknowledged(t *testing.T) {
	inBubble(t, Config{}, func(f *fixture) {
		acknowledged := func(req Request) map[string]int64 {
			t.Helper()
			s, err := f.hub.Open(f.t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			return s.Acknowledged(req.After)
		}
		other := Cursor{Epoch: "e0", Class: 1, Tag: ClassTag(class)}
		here := Cursor{Epoch: "e1", Class: 1, Tag: ClassTag(class)}
		all := NewAllCursor("e1", 0, 0, []ClassPos{{KeyOf(class), 2}, {KeyOf("gone"), 7}})
		for _, tt := range []struct {
			what string
			req  Request
			want map[string]int64
		}{
			{"no cursor", Request{Class: class}, nil},
			{"a cursor of another log", Request{Class: class, After: &other}, nil},
			{"a cursor of the class", Request{Class: class, After: &here}, map[string]int64{class: 1}},
			{"a cursor of all classes", Request{After: &all}, map[string]int64{class: 2}},
		} {
			tt.req.User = "s"
			if got := acknowledged(tt.req); !maps.Equal(got, tt.want) {
				t.Errorf("%s acknowledges %v, want %v", tt.what, got, tt.want)
			}
		}
	})
}
