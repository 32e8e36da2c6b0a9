package events

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memRegister keeps entries in memory.
type memRegister struct {
	mu        sync.Mutex // guards what follows
	sessions  map[sessionKey]Session
	sightings map[string]Sighting
	entries   int
	largest   int
	down      bool
}

func newMemRegister() *memRegister {
	return &memRegister{sessions: map[sessionKey]Session{}, sightings: map[string]Sighting{}}
}

func (m *memRegister) EnterPresence(_ context.Context, e Entries) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return errors.New("down")
	}
	m.entries++
	m.largest = max(m.largest, len(e.Sessions), len(e.Sightings))
	for _, s := range e.Sessions {
		m.sessions[s.key()] = s
	}
	for _, s := range e.Sightings {
		m.sightings[s.User] = s
	}
	return nil
}

// clear forgets all, for a story that is told again.
func (m *memRegister) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.sessions)
	clear(m.sightings)
	m.entries, m.largest, m.down = 0, 0, false
}

func (m *memRegister) setDown(down bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = down
}

func (m *memRegister) count() (entries int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries
}

// list is all sessions as CLASS/USER FROM-TO, in seconds since the beginning.
func (m *memRegister) list(began Time) string {
	time.Sleep(2 * time.Second) // fake time: longer than a pause between entries
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []string
	for _, s := range m.sessions {
		until := "…"
		if s.Until != 0 {
			until = fmt.Sprint(int64(s.Until-began) / 1000)
		}
		all = append(all, fmt.Sprintf("%s/%s %d-%s", s.Class, s.User, int64(s.Since-began)/1000, until))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestSessions(t *testing.T) {
	story := func(name string, tell func(t *testing.T, f *fixture, m *memRegister, want func(string))) {
		t.Run(name, func(t *testing.T) {
			m := newMemRegister()
			inBubble(t, Config{Register: m, Grace: 10 * time.Second}, func(f *fixture) {
				m.clear()
				began := Now()
				tell(t, f, m, func(want string) {
					t.Helper()
					if got := m.list(began); got != want {
						t.Errorf("kept %s, want %s", got, want)
					}
				})
			})
		})
	}
	second := func(n int) { time.Sleep(time.Duration(n) * time.Second) } // fake time

	story("a session lasts from the first stream to the last", func(t *testing.T, f *fixture, _ *memRegister, want func(string)) {
		one := f.open("s", nil)
		second(10)
		two := f.run(Request{User: "s"})
		second(10)
		one.stop()
		second(40)
		want("c/s 0-…")
		two.stop()
		second(5)
		want("c/s 0-…") // in the grace period
		second(10)
		want("c/s 0-62")
	})
	story("a break within the grace period is none", func(t *testing.T, f *fixture, _ *memRegister, want func(string)) {
		for range 4 {
			r := f.open("s", nil)
			second(20)
			r.stop()
			second(7)
		}
		want("c/s 0-…")
		second(20)
		want("c/s 0-101")
	})
	story("a longer one is", func(t *testing.T, f *fixture, _ *memRegister, want func(string)) {
		for range 2 {
			r := f.open("s", nil)
			second(20)
			r.stop()
			second(11)
		}
		want("c/s 0-20, c/s 31-51")
	})
	story("each class counts for itself, also on the stream of all", func(t *testing.T, f *fixture, _ *memRegister, want func(string)) {
		f.change("d", MemberJoined, "s")
		f.open("s", nil)
		second(10)
		all := f.run(Request{User: "s"})
		second(10)
		all.stop()
		second(30)
		want("c/s 0-…, d/s 10-20")
	})
	story("one ends with the membership, and another begins with the next", func(t *testing.T, f *fixture, _ *memRegister, want func(string)) {
		f.run(Request{User: "s"})
		second(10)
		f.change(class, MemberLeft, "s")
		second(10)
		f.change(class, MemberJoined, "s")
		want("c/s 0-10, c/s 20-…")
	})
	story("an admin who is no member has none", func(t *testing.T, f *fixture, _ *memRegister, want func(string)) {
		f.run(Request{User: "root", Class: class, Admin: true})
		want("")
	})
	story("they wait while the database is away", func(t *testing.T, f *fixture, m *memRegister, want func(string)) {
		m.setDown(true)
		r := f.open("s", nil)
		second(10)
		want("")
		r.stop()
		second(30)
		f.open("t", nil)
		m.setDown(false)
		want("c/s 0-12, c/t 42-…")
	})
	story("while somebody is there, there is a sign of life", func(t *testing.T, f *fixture, m *memRegister, _ func(string)) {
		second(100)
		if n := m.count(); n > 0 {
			t.Errorf("%d entries, and nobody was there", n)
		}
		r := f.open("s", nil)
		second(100)
		if n := m.count(); n < 9 || n > 12 {
			t.Errorf("%d entries in ten intervals", n)
		}
		r.stop()
		second(30)
		before := m.count()
		second(100)
		if n := m.count(); n != before {
			t.Errorf("%d entries after all had gone", n-before)
		}
	})
	story("many who come at once are a few entries", func(t *testing.T, f *fixture, m *memRegister, _ func(string)) {
		for i := range 1000 {
			f.log.commit(class, MemberJoined, fmt.Sprint(i))
		}
		for i := range 1000 {
			f.open(fmt.Sprint(i), nil)
		}
		second(2)
		synctest.Wait()
		m.mu.Lock()
		defer m.mu.Unlock()
		if n := len(m.sessions); n != 1000 {
			t.Errorf("%d sessions", n)
		}
		if m.entries > 1000/registerMost+2 || m.largest > registerMost {
			t.Errorf("%d entries, the largest of %d", m.entries, m.largest)
		}
	})
	t.Run("closing ends them all", func(t *testing.T) {
		m := newMemRegister()
		var began, left, ended Time
		inBubble(t, Config{Register: m}, func(f *fixture) {
			m.clear()
			began = Now()
			f.open("s", nil)
			gone := f.open("t", nil)
			second(20)
			gone.stop()
			gone.end()
			left = Now()
			second(5)
			ended = Now()
		})
		want := map[sessionKey]Session{
			{class, "s", began}: {class, "s", began, ended},
			{class, "t", began}: {class, "t", began, left},
		}
		if !maps.Equal(m.sessions, want) {
			t.Errorf("kept %v, want %v", m.sessions, want)
		}
		if s, r := m.sightings["s"], m.sightings["t"]; s != (Sighting{User: "s", At: ended}) || r != (Sighting{User: "t", At: left}) {
			t.Errorf("seen %v and %v", s, r)
		}
	})
}

func TestSightings(t *testing.T) {
	m := newMemRegister()
	inBubble(t, Config{Register: m, Grace: 10 * time.Second}, func(f *fixture) {
		want := func(user string, at Time, there bool) {
			t.Helper()
			time.Sleep(2 * time.Second) // fake time
			synctest.Wait()
			m.mu.Lock()
			defer m.mu.Unlock()
			if got := m.sightings[user]; got != (Sighting{user, at, there}) {
				t.Errorf("seen %+v, want at %v, there: %t", got, at, there)
			}
		}
		m.clear()
		acted := Now()
		f.hub.Acted(class, "t") // without a stream
		want("t", acted, false)
		came := Now()
		r := f.open("t", nil)
		want("t", came, true)
		left := Now()
		r.stop()
		want("t", came, true)
		time.Sleep(10 * time.Second) // fake time
		want("t", left, false)
	})
}
