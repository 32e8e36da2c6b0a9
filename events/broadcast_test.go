package events

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// told is the ids of the notifications that a reader got as signals.
func (r *reader) told() string {
	var ids []string
	for _, f := range r.got(NotificationCreated) {
		if f.id != "" {
			continue
		}
		_, rest, _ := strings.Cut(f.data, `"id":"`)
		id, _, _ := strings.Cut(rest, `"`)
		ids = append(ids, id)
	}
	return strings.Join(ids, " ")
}

func wantTold(t *testing.T, want string, readers ...*reader) {
	t.Helper()
	synctest.Wait()
	for i, r := range readers {
		if got := r.told(); got != want {
			t.Errorf("reader %d is told %q, want %q", i, got, want)
		}
	}
}

func TestBroadcast(t *testing.T) {
	tell := func(f *fixture, id, class string) {
		f.hub.Publish([]Event{f.log.broadcast(Notification{ID: id, Kind: MessageCreated, Class: class, Actor: "t", At: 1})})
	}

	t.Run("reaches every stream of the members of its class, whatever the stream is of, and nobody else's", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.log.commit("d", MemberJoined, "s")
			f.log.commit("d", MemberJoined, "t")
			f.log.commit("e", MemberJoined, "s")
			f.log.commit("e", MemberJoined, "x")
			members := []*reader{f.open("s", nil), f.run(Request{User: "s", Class: "e"}), f.run(Request{User: "s"})}
			others := []*reader{f.run(Request{User: "x", Class: "e"}), f.open("t", nil)} // no member; the actor
			tell(f, "1", "d")                                                            // of which nobody has a stream
			tell(f, "2", "c")
			wantTold(t, "1 2", members...)
			wantTold(t, "", others...)
			if frame := members[0].got(NotificationCreated)[0]; strings.Contains(frame.data, `"seq":1,"at":"1970-01-01T00:00:00.001Z","actor":"t","data"`) {
				t.Errorf("a signal with a seq: %s", frame.data)
			}
		})
	})
	t.Run("of the system reaches everybody", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.log.commit("e", MemberJoined, "x")
			readers := []*reader{f.open("s", nil), f.run(Request{User: "x"}), f.run(Request{User: "nobody"})}
			tell(f, "1", "")
			wantTold(t, "1", readers...)
		})
	})
	t.Run("that another process wrote is found by the check of heads", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			f.log.broadcast(Notification{ID: "1", Class: class, Actor: "t"})
			wantTold(t, "", r)
			time.Sleep(DefaultPoll) // fake time
			wantTold(t, "1", r)
		})
	})
	t.Run("is announced after an idle hour, and after a change of the epoch", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			time.Sleep(time.Hour) // fake time
			r := f.open("s", nil)
			tell(f, "1", class)
			wantTold(t, "1", r)
			f.log.setEpoch("e2")
			time.Sleep(2 * DefaultPoll) // fake time
			r = f.open("s", nil)
			tell(f, "2", class)
			wantTold(t, "2", r)
		})
	})
	t.Run("of a class that is gone reaches nobody, and holds nothing up", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			tell(f, "1", "none")
			tell(f, "2", class)
			wantTold(t, "2", r)
		})
	})
	t.Run("is not lost on one that has just begun to be opened", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			s, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class})
			if err != nil {
				t.Fatal(err)
			}
			tell(f, "1", class)
			synctest.Wait()
			r := newReader(t)
			go func() { r.ended <- s.Run(f.t.Context(), r, time.Now().Add(time.Hour)) }()
			wantTold(t, "1", r)
		})
	})
	t.Run("disturbs nobody who doesn't want it, from the moment they say so", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.log.commit("d", MemberJoined, "s")
			f.log.wish("s", Preferences{MutedClasses: []string{"d"}, Version: 2})
			r := f.open("s", nil)
			tell(f, "1", "d")
			tell(f, "2", class)
			wantTold(t, "2", r)
			f.hub.Publish([]Event{f.log.wish("s", Preferences{Version: 3})})
			tell(f, "3", "d")
			wantTold(t, "2 3", r)
			night := &QuietHours{From: "22:00", To: "01:30", TimeZone: "Europe/Berlin"}
			f.hub.Publish([]Event{f.log.wish("s", Preferences{QuietHours: night, Version: 4})})
			tell(f, "4", class) // the bubble's time begins at midnight UTC
			wantTold(t, "2 3", r)
			time.Sleep(30 * time.Minute) // fake time; now it is half past one in Berlin
			tell(f, "5", class)
			wantTold(t, "2 3 5", r)
		})
	})
	t.Run("waits for a log that is away, and goes on after it", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			f.log.setDown(errDown)
			tell(f, "1", class) // its preferences can't be read
			synctest.Wait()
			f.log.setDown(nil)
			tell(f, "2", class)
			wantTold(t, "2", r)
		})
	})
	t.Run("asks once for the preferences of a user", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			for i := range 10 {
				tell(f, fmt.Sprint(i), class)
			}
			wantTold(t, "0 1 2 3 4 5 6 7 8 9", r)
			if asked := f.log.asked(); asked != 1 {
				t.Errorf("asked %d times", asked)
			}
		})
	})
}

func TestQuietHours(t *testing.T) {
	for _, test := range []struct {
		from, to, zone, at string
		want               bool
	}{
		{"22:00", "07:00", "UTC", "2026-11-22T21:59:59Z", false},
		{"22:00", "07:00", "UTC", "2026-11-22T22:00:00Z", true},
		{"22:00", "07:00", "UTC", "2026-11-23T03:00:00Z", true},
		{"22:00", "07:00", "UTC", "2026-11-23T06:59:59Z", true},
		{"22:00", "07:00", "UTC", "2026-11-23T07:00:00Z", false},
		{"12:00", "13:30", "UTC", "2026-11-23T12:30:00Z", true},
		{"12:00", "13:30", "UTC", "2026-11-23T13:30:00Z", false},
		{"22:00", "07:00", "Europe/Berlin", "2026-07-01T20:30:00Z", true}, // summer time
		{"22:00", "07:00", "Europe/Berlin", "2026-12-01T20:30:00Z", false},
		{"22:00", "07:00", "Asia/Kolkata", "2026-12-01T16:30:00Z", true},
		{"22:00", "07:00", "Nowhere/Atall", "2026-12-01T23:30:00Z", false},
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		p := &Preferences{QuietHours: &QuietHours{test.from, test.to, test.zone}}
		if got := p.Silences("c", Time(at.UnixMilli())); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}
