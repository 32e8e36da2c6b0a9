package events

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"
)

// sees is who a reader knows to be in a class, from the snapshot and what came after it.
func (r *reader) sees(class string) map[string]State {
	r.t.Helper()
	synctest.Wait()
	known := map[string]State{}
	begun := false
	for _, frame := range r.got(PresenceSnapshot, PresenceUpdated) {
		var s struct {
			Class string
			Data  presenceChange
		}
		if err := json.Unmarshal([]byte(frame.data), &s); err != nil {
			r.t.Fatal(err)
		}
		if s.Class != class {
			continue
		}
		if frame.id != "" || !begun && frame.event != string(PresenceSnapshot) {
			r.t.Errorf("first came %s with id %q", frame.event, frame.id)
		}
		begun = true
		for _, user := range s.Data.Online {
			known[user] = Online
		}
		for _, user := range s.Data.Away {
			known[user] = Away
		}
		for _, user := range s.Data.Offline {
			delete(known, user)
		}
	}
	if !begun {
		r.t.Errorf("no snapshot of %s", class)
	}
	return known
}

func (f *fixture) wantSees(r *reader, class string, want map[string]State) {
	f.t.Helper()
	if got := r.sees(class); !maps.Equal(got, want) {
		f.t.Errorf("sees %v, want %v", got, want)
	}
}

// wantNothingKept checks that no memory is held for anybody, once all is over.
func (f *fixture) wantNothingKept() {
	f.t.Helper()
	synctest.Wait()
	p := f.hub.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.people)+len(p.rooms)+len(p.alarms.heap) > 0 {
		f.t.Errorf("kept %d people, %d rooms and %d alarms", len(p.people), len(p.rooms), len(p.alarms.heap))
	}
}

func TestPresence(t *testing.T) {
	t.Run("a snapshot comes right after stream.ready, then the changes, at once", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			s := f.open("s", nil)
			if s.frames[0].event != string(StreamReady) || s.frames[1].event != string(PresenceSnapshot) || s.frames[2].event != string(TypingUpdated) {
				t.Errorf("the first frames are %v", s.frames[:3])
			}
			f.wantSees(s, class, map[string]State{"s": Online})
			time.Sleep(presenceInterval) // fake time
			f.open("t", nil)
			f.wantSees(s, class, map[string]State{"s": Online, "t": Online})
		})
	})
	t.Run("who comes back within the grace period was never gone; after it, at once", func(t *testing.T) {
		inBubble(t, Config{Grace: 10 * time.Second}, func(f *fixture) {
			s, r := f.open("s", nil), f.open("t", nil)
			time.Sleep(time.Minute) // fake time
			told := len(s.got(PresenceUpdated))
			for range 3 {
				r.stop()
				r.end()
				time.Sleep(10*time.Second - time.Millisecond) // fake time
				r = f.open("t", nil)
			}
			if n := len(s.got(PresenceUpdated)); n != told {
				t.Errorf("%d changes were told", n-told)
			}
			r.stop()
			time.Sleep(10*time.Second - time.Millisecond) // fake time
			f.wantSees(s, class, map[string]State{"s": Online, "t": Online})
			time.Sleep(time.Millisecond) // fake time
			f.wantSees(s, class, map[string]State{"s": Online})
		})
	})
	t.Run("any stream will do, of any class, and the last one counts", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.change("d", MemberJoined, "t")
			s := f.open("s", nil)
			one, two := f.run(Request{User: "t", Class: "d"}), f.run(Request{User: "t"})
			f.wantSees(s, class, map[string]State{"s": Online, "t": Online})
			f.wantSees(two, "d", map[string]State{"t": Online})
			two.stop()
			time.Sleep(time.Minute) // fake time
			f.wantSees(s, class, map[string]State{"s": Online, "t": Online})
			one.stop()
			time.Sleep(time.Minute) // fake time
			f.wantSees(s, class, map[string]State{"s": Online})
		})
	})
	t.Run("who does nothing for a while is away, and back with the first thing done", func(t *testing.T) {
		inBubble(t, Config{AwayAfter: 5 * time.Minute}, func(f *fixture) {
			s := f.open("s", nil)
			f.open("t", nil)
			time.Sleep(3 * time.Minute) // fake time
			f.hub.Acted(class, "s")
			time.Sleep(2*time.Minute - time.Millisecond) // fake time
			f.wantSees(s, class, map[string]State{"s": Online, "t": Online})
			time.Sleep(time.Millisecond) // fake time
			f.wantSees(s, class, map[string]State{"s": Online, "t": Away})
			time.Sleep(3*time.Minute - time.Millisecond) // fake time
			f.wantSees(s, class, map[string]State{"s": Online, "t": Away})
			time.Sleep(time.Millisecond) // fake time
			f.wantSees(s, class, map[string]State{"s": Away, "t": Away})
			time.Sleep(time.Second) // fake time
			f.hub.Acted(class, "t")
			f.wantSees(s, class, map[string]State{"s": Away, "t": Online})
		})
	})
	t.Run("who says so is away, on all streams, until anything is done", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			s, r := f.open("s", nil), f.open("t", nil)
			for _, back := range []func(){func() { f.hub.SetAway("t", false) }, func() { f.hub.Acted(class, "t") }} {
				time.Sleep(time.Second) // fake time
				f.hub.SetAway("t", true)
				f.wantSees(s, class, map[string]State{"s": Online, "t": Away})
				r.stop()
				r.end()
				r = f.open("t", nil) // another stream says nothing of the person
				f.wantSees(r, class, map[string]State{"s": Online, "t": Away})
				time.Sleep(time.Second) // fake time
				back()
				f.wantSees(s, class, map[string]State{"s": Online, "t": Online})
			}
			f.hub.SetAway("t", true)
			r.stop()
			time.Sleep(time.Minute) // fake time
			f.hub.SetAway("t", true)
			f.hub.SetAway("t", false)
			f.hub.Acted(class, "t")
			f.wantSees(s, class, map[string]State{"s": Online}) // whatever is said, without a stream
			f.open("t", nil)
			f.wantSees(s, class, map[string]State{"s": Online, "t": Online})
		})
	})
	t.Run("a removed member vanishes, and a new one who is there appears", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.change("d", MemberJoined, "t")
			s, r := f.open("s", nil), f.run(Request{User: "t"})
			time.Sleep(time.Second) // fake time
			f.change(class, MemberLeft, "t")
			f.wantSees(s, class, map[string]State{"s": Online})
			f.wantSees(r, "d", map[string]State{"t": Online})
			time.Sleep(time.Second) // fake time
			f.change(class, MemberJoined, "t")
			f.wantSees(s, class, map[string]State{"s": Online, "t": Online})
			if n := len(r.got(PresenceSnapshot)); n != 3 { // of the two classes, and of one again
				t.Errorf("%d snapshots", n)
			}
		})
	})
	t.Run("an admin appears only where a member", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			s := f.open("s", nil)
			root := f.run(Request{User: "root", Class: class, Admin: true})
			time.Sleep(time.Second) // fake time
			f.wantSees(s, class, map[string]State{"s": Online})
			f.wantSees(root, class, map[string]State{"s": Online})
			f.change(class, MemberJoined, "root")
			f.wantSees(s, class, map[string]State{"s": Online, "root": Online})
			time.Sleep(time.Second) // fake time
			f.change(class, MemberLeft, "root")
			f.wantSees(s, class, map[string]State{"s": Online})
		})
	})
	t.Run("a long poll makes present, a mere question doesn't", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			s := f.open("s", nil)
			poll := func(absent bool, wait time.Duration) {
				stream, err := f.hub.Open(f.t.Context(), Request{User: "t", Class: class, Poll: true, Absent: absent})
				if err != nil {
					t.Fatal(err)
				}
				if _, _, err := stream.Collect(f.t.Context(), 1, wait); err != nil {
					t.Error(err)
				}
			}
			poll(true, 0)
			f.wantSees(s, class, map[string]State{"s": Online})
			for range 3 {
				poll(false, 25*time.Second)
				time.Sleep(time.Second) // fake time
				f.wantSees(s, class, map[string]State{"s": Online, "t": Online})
			}
			time.Sleep(time.Minute) // fake time
			f.wantSees(s, class, map[string]State{"s": Online})
		})
	})
	t.Run("a stream that could not be opened makes nobody present", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			s := f.open("s", nil)
			f.change("d", MemberJoined, "e")
			if _, err := f.hub.Open(f.t.Context(), Request{User: "t", Class: "d"}); err == nil {
				t.Fatal("opened")
			}
			time.Sleep(time.Second) // fake time
			f.wantSees(s, class, map[string]State{"s": Online})
		})
	})
	t.Run("goes on when the feed is another one", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			s, r := f.open("s", nil), f.open("t", nil)
			f.log.commit(class, MemberJoined, "u") // nobody hears of it
			f.log.setEpoch("e2")
			time.Sleep(DefaultPoll) // fake time
			s.end()
			r.end()
			s = f.open("s", nil)
			f.run(Request{User: "u"})
			time.Sleep(time.Second) // fake time
			f.wantSees(s, class, map[string]State{"s": Online, "t": Online, "u": Online})
		})
	})
	t.Run("leaves nothing behind", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			readers := []*reader{
				f.open("s", nil), f.open("t", nil), f.run(Request{User: "t"}), f.run(Request{User: "root", Class: class, Admin: true}),
			}
			f.hub.Typing(class, "s", "S", true)
			f.hub.Acted(class, "t")
			f.change(class, MemberLeft, "t")
			for _, r := range readers {
				r.stop()
				r.end()
			}
			time.Sleep(time.Minute) // fake time
			f.wantNothingKept()
		})
	})
}

func TestLook(t *testing.T) {
	inBubble(t, Config{}, func(f *fixture) {
		f.change("d", MemberJoined, "t")
		f.open("s", nil)
		elsewhere := f.run(Request{User: "t", Class: "d"})
		look := func(user string) Sight { return f.hub.Look(class, []string{user})[0] }
		want := func(user string, state State, active bool, seen Time) {
			t.Helper()
			synctest.Wait()
			if got := look(user); got != (Sight{state, active, seen}) {
				t.Errorf("%s looks %+v, want %s, %t, %v", user, got, state, active, seen)
			}
		}
		want("s", Online, true, Now())
		want("t", Online, false, Now())
		want("u", Offline, false, 0)
		f.hub.Acted(class, "t")
		f.hub.Acted(class, "u")
		f.hub.Acted("d", "s")
		want("t", Online, true, Now())
		want("u", Offline, true, 0)
		time.Sleep(activeFor - time.Second) // fake time
		want("u", Offline, true, 0)
		left := Now()
		elsewhere.stop()
		time.Sleep(time.Second) // fake time
		want("t", Away, false, left)
		want("u", Offline, false, 0)
		f.hub.Acted("d", "u")
		want("u", Offline, false, 0)
	})
}

// TestBell is the beginning of a lesson: everyone comes within a second, many drop and come back, some leave.
func TestBell(t *testing.T) {
	const members, dropping, leaving = 500, 300, 50
	inBubble(t, Config{Queue: 4 * members}, func(f *fixture) {
		for i := range members {
			f.log.commit(class, MemberJoined, fmt.Sprint(i))
		}
		began := time.Now()
		readers := make([]*reader, members)
		for i := range members {
			readers[i] = f.open(fmt.Sprint(i), nil)
			time.Sleep(time.Second / members) // fake time
		}
		for i := range dropping {
			readers[i].stop()
		}
		time.Sleep(DefaultGrace / 2) // fake time
		for i := range dropping {
			readers[i] = f.open(fmt.Sprint(i), nil)
		}
		want := map[string]State{}
		for i := range members {
			if i < members-leaving {
				want[fmt.Sprint(i)] = Online
			} else {
				readers[i].stop()
			}
		}
		time.Sleep(2 * DefaultGrace) // fake time
		most := 0
		for _, r := range readers[:members-leaving] {
			f.wantSees(r, class, want)
			most = max(most, len(r.got(PresenceSnapshot, PresenceUpdated)))
		}
		if bound := int(time.Since(began)/presenceInterval) + 3; most > bound {
			t.Errorf("a stream got %d frames, want at most %d", most, bound)
		}
		t.Logf("at most %d presence frames to a stream", most)
	})
}
