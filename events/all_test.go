package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
)

// change commits and publishes a change of a member in a class, as storage does: the class hears of it, and the inbox.
func (f *fixture) change(class string, typ Type, user string) {
	e := f.log.commit(class, typ, user)
	f.hub.Publish([]Event{e, f.log.notify(user, e)})
}

// classSeqs are the logged events of classes that a reader got, as CLASS/SEQ.
func (r *reader) classSeqs() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []string
	for _, f := range r.frames {
		var e struct {
			Class string
			Seq   int64
		}
		if err := json.Unmarshal([]byte(f.data), &e); err != nil {
			r.t.Errorf("data %q: %v", f.data, err)
		}
		if e.Class != "" && e.Seq != 0 {
			list = append(list, fmt.Sprintf("%s/%d", e.Class, e.Seq))
		}
	}
	return list
}

func (f *fixture) wantClassSeqs(r *reader, want ...string) {
	f.t.Helper()
	synctest.Wait()
	got := r.classSeqs()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		f.t.Errorf("got %v, want %v", got, want)
	}
}

func (f *fixture) postIn(class string) {
	f.hub.Publish([]Event{f.log.commit(class, MessageCreated, "")})
}

func TestStreamOfAllClasses(t *testing.T) {
	all := Request{User: "s"}
	t.Run("carries each class, and nobody else's", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.change("d", MemberJoined, "s")
			f.change("e", MemberJoined, "t")
			r := f.run(all)
			f.postIn("c")
			f.postIn("d")
			f.postIn("e")
			f.wantClassSeqs(r, "c/3", "d/2")
			var first ready
			if err := json.Unmarshal([]byte(r.got(StreamReady)[0].data), &first); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(first.Classes, []string{"c", "d"}) || first.Omitted {
				t.Errorf("ready names %v, omitted %v", first.Classes, first.Omitted)
			}
		})
	})
	t.Run("takes in a class that is joined, from the joining on", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.run(all)
			f.postIn("c")
			f.change("d", MemberJoined, "t")
			f.change("d", MemberJoined, "s")
			f.postIn("d")
			f.wantClassSeqs(r, "c/3", "d/2", "d/3")
		})
	})
	t.Run("lets go of a class that is left, and goes on", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.change("d", MemberJoined, "s")
			r := f.run(all)
			f.change("d", MemberLeft, "s")
			f.postIn("d")
			f.postIn("c")
			f.wantClassSeqs(r, "c/3", "d/2")
			if c := r.cursor(); len(c.Classes) != 1 {
				t.Errorf("the cursor still names %d classes", len(c.Classes))
			}
		})
	})
	t.Run("lets go of a class that is deleted, and goes on", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.change("d", MemberJoined, "s")
			r := f.run(all)
			f.postIn("c")
			f.hub.Publish([]Event{f.log.commit("d", ClassDeleted, "")})
			f.postIn("c")
			f.wantClassSeqs(r, "c/3", "c/4", "d/2")
		})
	})
	t.Run("stays with a class that is left and joined again at once", func(t *testing.T) {
		for _, inboxFirst := range []bool{false, true} {
			inBubble(t, Config{}, func(f *fixture) {
				f.change("d", MemberJoined, "s")
				r := f.run(all)
				left := f.log.commit("d", MemberLeft, "s")
				joined := f.log.commit("d", MemberJoined, "s")
				inbox := []Event{f.log.notify("s", left), f.log.notify("s", joined)}
				if inboxFirst {
					f.hub.Publish(inbox)
					synctest.Wait()
				}
				f.hub.Publish([]Event{left, joined})
				f.hub.Publish(inbox)
				f.postIn("d")
				f.wantClassSeqs(r, "d/2", "d/3", "d/4")
			})
		}
	})
	t.Run("resumes all at once, also what was joined and left meanwhile", func(t *testing.T) {
		inBubble(t, Config{Ring: 2}, func(f *fixture) {
			f.change("d", MemberJoined, "s")
			r := f.run(all)
			f.postIn("c")
			synctest.Wait()
			r.stop()
			r.end()
			for range 5 {
				f.postIn("c")
			}
			f.change("d", MemberLeft, "s")
			f.change("e", MemberJoined, "t")
			f.change("e", MemberJoined, "s")
			f.postIn("e")
			again := f.run(Request{User: "s", After: r.cursor()})
			f.postIn("d")
			f.postIn("e")
			f.wantClassSeqs(again, "c/4", "c/5", "c/6", "c/7", "c/8", "e/2", "e/3", "e/4")
			if n := len(again.got(Resync)); n != 0 {
				t.Errorf("%d resyncs though nothing was lost", n)
			}
		})
	})
	t.Run("says which class to load when neither the cursor nor the inbox knows it", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.run(all)
			f.log.commit("d", MemberJoined, "s") // and the inbox doesn't say so
			again := f.run(Request{User: "s", After: r.cursor()})
			f.postIn("d")
			f.wantClassSeqs(again, "d/2")
			var got resync
			if err := json.Unmarshal([]byte(again.got(Resync)[0].data), &got); err != nil {
				t.Fatal(err)
			}
			if *got.Class != "d" || got.Reason != ResyncTrimmed {
				t.Errorf("got %+v", got)
			}
		})
	})
	t.Run("tells of each class's loss before its position moves", func(t *testing.T) {
		inBubble(t, Config{Ring: 1}, func(f *fixture) {
			f.change("d", MemberJoined, "s")
			r := f.run(all)
			r.stop()
			r.end()
			for range 4 {
				f.postIn("c")
				f.postIn("d")
			}
			f.log.trim("c", 4)
			f.log.trim("d", 3)
			again := f.run(Request{User: "s", After: r.cursor()})
			f.wantClassSeqs(again, "c/5", "c/6", "d/4", "d/5")
			lost := again.got(Resync)
			if len(lost) != 2 {
				t.Fatalf("%d resyncs for two losses", len(lost))
			}
			first, err := ParseCursor(lost[0].id)
			if err != nil {
				t.Fatal(err)
			}
			third := f.run(Request{User: "s", After: &first})
			if n := len(third.got(Resync)); n != 1 {
				t.Errorf("cut between the two: %d resyncs, want the second one again", n)
			}
		})
	})
	t.Run("carries the newest where there are too many, and says so", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			for i := range MaxClasses {
				f.change(fmt.Sprintf("x%03d", i), MemberJoined, "s")
			}
			r := f.run(all)
			f.postIn("c")
			f.postIn("x099")
			f.wantClassSeqs(r, "x099/2")
			var first ready
			if err := json.Unmarshal([]byte(r.got(StreamReady)[0].data), &first); err != nil {
				t.Fatal(err)
			}
			if len(first.Classes) != MaxClasses || !first.Omitted {
				t.Errorf("ready names %d classes, omitted %v", len(first.Classes), first.Omitted)
			}
		})
	})
	t.Run("refuses the cursor of a class's stream, and the reverse", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			one, many := f.open("s", nil).cursor(), f.run(all).cursor()
			for _, req := range []Request{{User: "s", After: one}, {User: "s", Class: class, After: many}} {
				if _, err := f.hub.Open(f.t.Context(), req); !errors.Is(err, ErrCursor) {
					t.Errorf("got %v", err)
				}
			}
		})
	})
}

func TestTypesAndLimit(t *testing.T) {
	inBubble(t, Config{}, func(f *fixture) {
		r := f.run(Request{User: "s", Class: class, Types: map[Type]bool{MessageCreated: true}, Limit: 2})
		f.post(1)
		f.hub.Publish([]Event{f.log.commit(class, MemberJoined, "x")})
		f.post(2)
		if reason := r.end(); reason != ReasonLimit {
			t.Errorf("ended for %s", reason)
		}
		f.wantSeqs(r, []int64{3, 5})
		again := f.open("s", r.cursor())
		f.wantSeqs(again, []int64{6})
	})
}
