package events

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNoticeboard(t *testing.T) {
	in := func(id string, d time.Duration) Notice {
		return Notice{ID: id, Level: LevelInfo, Text: id, Version: 1, ExpiresAt: Now() + Time(d.Milliseconds())}
	}
	// shown are the notices that a reader got: as events with a +.
	shown := func(r *reader) string {
		synctest.Wait()
		var list []string
		for _, f := range r.got(SystemNotice) {
			_, rest, _ := strings.Cut(f.data, `"text":"`)
			text, _, _ := strings.Cut(rest, `"`)
			if f.id != "" {
				text = "+" + text
			}
			list = append(list, text)
		}
		return strings.Join(list, " ")
	}

	t.Run("shows a new stream what hasn't expired, right after stream.ready", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.log.announce(in("a", time.Minute)) // before this node began
			f.log.announce(in("b", time.Hour))
			early := f.open("s", nil)
			f.hub.Publish([]Event{f.log.announce(in("c", time.Hour))})
			if got := shown(early); got != "a b +c" {
				t.Errorf("shown are %s", got)
			}
			if first := early.got(StreamReady, SystemNotice); first[0].event != "stream.ready" {
				t.Errorf("the stream begins with %v", first[0])
			}
			time.Sleep(time.Minute) // fake time
			if got := shown(f.run(Request{User: "s"})); got != "b c" {
				t.Errorf("a minute later shown are %s", got)
			}
			if got := shown(f.open("t", early.cursor())); got != "" {
				t.Errorf("one who comes back is shown %s", got)
			}
			if got := shown(f.run(Request{User: "s", Class: class, Types: map[Type]bool{MessageCreated: true}})); got != "" {
				t.Errorf("one who doesn't want them is shown %s", got)
			}
		})
	})
	t.Run("takes off what is withdrawn, though another process did it", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.open("s", nil)
			f.hub.Publish([]Event{f.log.announce(in("a", time.Hour)), f.log.announce(in("b", time.Hour))})
			f.log.announce(in("a", 0))
			time.Sleep(DefaultPoll) // fake time
			synctest.Wait()
			if got := shown(f.open("t", nil)); got != "b" {
				t.Errorf("shown are %s", got)
			}
		})
	})
	t.Run("costs a hundred streams one read", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.log.announce(in("a", time.Hour))
			for range 100 {
				if got := shown(f.open("s", nil)); got != "a" {
					t.Fatalf("shown are %s", got)
				}
			}
			if asked := f.log.boards(); asked != 1 {
				t.Errorf("asked %d times", asked)
			}
		})
	})
}
