package events

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// typingNow is who types as a reader last heard: the names, and the count.
func (r *reader) typingNow() string {
	r.t.Helper()
	synctest.Wait()
	heard := r.got(TypingUpdated)
	if len(heard) == 0 {
		return "nothing heard"
	}
	last := heard[len(heard)-1]
	var s struct {
		Class string
		Data  typists
	}
	if err := json.Unmarshal([]byte(last.data), &s); err != nil || s.Class != class || last.id != "" || s.Data.Users == nil {
		r.t.Fatalf("%+v: %v", last, err)
	}
	names := []string{}
	for _, user := range s.Data.Users {
		names = append(names, user.User+"="+user.Name)
	}
	return fmt.Sprintf("%s: %d", strings.Join(names, " "), s.Data.Count)
}

func wantTyping(t *testing.T, r *reader, want string) {
	t.Helper()
	if got := r.typingNow(); got != want {
		t.Errorf("typing is %q, want %q", got, want)
	}
}

func TestTyping(t *testing.T) {
	const nobody = ": 0"
	settle := func() { time.Sleep(time.Second) } // fake time
	typingWay := func(name string, story func(*testing.T, *fixture, *reader, *reader)) {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Config{}, func(f *fixture) {
				s, r := f.open("s", nil), f.open("t", nil)
				wantTyping(t, s, nobody)
				f.hub.Typing(class, "t", "Tess", true)
				wantTyping(t, s, "t=Tess: 1")
				wantTyping(t, r, nobody) // not shown to oneself
				settle()
				story(t, f, s, r)
			})
		})
	}
	typingWay("ends by itself", func(t *testing.T, _ *fixture, s, _ *reader) {
		time.Sleep(TypingLife - time.Second - time.Millisecond) // fake time
		wantTyping(t, s, "t=Tess: 1")
		time.Sleep(time.Millisecond) // fake time
		wantTyping(t, s, nobody)
	})
	typingWay("goes on when it is said again, which nobody is told", func(t *testing.T, f *fixture, s, _ *reader) {
		told := len(s.got(TypingUpdated))
		for range 5 {
			f.hub.Typing(class, "t", "Tess", true)
			time.Sleep(TypingLife - time.Millisecond) // fake time
			wantTyping(t, s, "t=Tess: 1")
		}
		if n := len(s.got(TypingUpdated)); n != told {
			t.Errorf("%d more were told", n-told)
		}
	})
	typingWay("ends when the client says so, once", func(t *testing.T, f *fixture, s, _ *reader) {
		f.hub.Typing(class, "t", "Tess", false)
		f.hub.Typing(class, "t", "Tess", false)
		wantTyping(t, s, nobody)
		settle()
		if n := len(s.got(TypingUpdated)); n != 3 {
			t.Errorf("%d signals", n)
		}
	})
	typingWay("ends with the post, after it", func(t *testing.T, f *fixture, s, _ *reader) {
		f.post(1) // by t
		wantTyping(t, s, nobody)
		got := s.got(MessageCreated, TypingUpdated)
		if got[len(got)-2].event != string(MessageCreated) {
			t.Errorf("the last are %v", got[len(got)-2:])
		}
	})
	typingWay("ends when the last stream closes, without waiting for a return", func(t *testing.T, f *fixture, s, r *reader) {
		other := f.run(Request{User: "t"})
		r.stop()
		r.end()
		wantTyping(t, s, "t=Tess: 1")
		other.stop()
		other.end()
		wantTyping(t, s, nobody)
	})
	typingWay("ends when one is removed", func(t *testing.T, f *fixture, s, _ *reader) {
		f.change(class, MemberLeft, "t")
		wantTyping(t, s, nobody)
		f.hub.Typing(class, "t", "Tess", true)
		settle()
		wantTyping(t, s, nobody)
	})
	typingWay("ends when the member or the class changes, since the right may have gone", func(t *testing.T, f *fixture, s, _ *reader) {
		f.change(class, MemberUpdated, "t")
		wantTyping(t, s, nobody)
		f.hub.Typing(class, "t", "Tess", true)
		settle()
		wantTyping(t, s, "t=Tess: 1")
		f.hub.Publish([]Event{f.log.commit(class, ClassUpdated, "")})
		wantTyping(t, s, nobody)
	})
	typingWay("is told to who comes", func(t *testing.T, f *fixture, _, _ *reader) {
		wantTyping(t, f.open("s", nil), "t=Tess: 1")
		wantTyping(t, f.open("t", nil), nobody)
	})

	t.Run("five are named, all counted, and each sees the others", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			s := f.open("s", nil)
			readers := map[string]*reader{}
			for i := range 8 {
				user := fmt.Sprint(i)
				f.change(class, MemberJoined, user)
				readers[user] = f.open(user, nil)
				f.hub.Typing(class, user, "N", true)
			}
			settle()
			wantTyping(t, s, "0=N 1=N 2=N 3=N 4=N: 8")
			wantTyping(t, readers["0"], "1=N 2=N 3=N 4=N 5=N: 7")
			wantTyping(t, readers["4"], "0=N 1=N 2=N 3=N 5=N: 7")
			wantTyping(t, readers["5"], "0=N 1=N 2=N 3=N 4=N: 7")
			wantTyping(t, readers["7"], "0=N 1=N 2=N 3=N 4=N: 7")
			settle()
			f.hub.Typing(class, "1", "N", false)
			wantTyping(t, s, "0=N 2=N 3=N 4=N 5=N: 7")
		})
	})
	t.Run("four signals a second at most, whatever is typed, and the last is right", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			s := f.open("s", nil)
			for i := range 10_000 {
				f.hub.Typing(class, "t", "Tess", i%2 == 0)
				time.Sleep(time.Millisecond) // fake time
			}
			settle()
			wantTyping(t, s, nobody)
			if n := len(s.got(TypingUpdated)); n > 43 || n < 10 {
				t.Errorf("%d signals in ten seconds", n)
			}
		})
	})
	t.Run("nothing is kept of a class that nobody reads, nor of who is no member", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.hub.Typing(class, "t", "Tess", true)
			f.wantNothingKept()
			s := f.open("s", nil)
			f.hub.Typing(class, "root", "Root", true)
			settle()
			wantTyping(t, s, nobody)
		})
	})
}

func TestLiveTypes(t *testing.T) {
	inBubble(t, Config{}, func(f *fixture) {
		chosen := f.run(Request{User: "s", Class: class, Types: map[Type]bool{MessageCreated: true, TypingUpdated: true}})
		f.open("t", nil)
		time.Sleep(time.Second) // fake time
		f.hub.Typing(class, "t", "Tess", true)
		wantTyping(t, chosen, "t=Tess: 1")
		if n := len(chosen.got(PresenceSnapshot, PresenceUpdated)); n > 0 {
			t.Errorf("%d frames of presence for one who chose others", n)
		}
	})
}
