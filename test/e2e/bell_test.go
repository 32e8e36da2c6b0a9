package e2e_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

// lesson is a class whose members all come at the bell.
type lesson struct {
	room    room
	members []harness.User
	streams []*harness.Stream // of the members, in their order
}

func gatherLesson(t *testing.T, srv *harness.Server, size int) *lesson {
	t.Helper()
	teacher := srv.As(t, anna)
	l := &lesson{room: room{srv: srv, class: teacher.CreateClass("Lesson").ID}, streams: make([]*harness.Stream, size)}
	for i := range size {
		user := harness.Student(fmt.Sprintf("pupil-%03d", i))
		l.members = append(l.members, user)
		teacher.AddMember(l.room.class, user, "student")
	}
	return l
}

// come opens the streams of some members, one right after another.
func (l *lesson) come(t *testing.T, from, to int) {
	t.Helper()
	clients := make([]*harness.Client, to)
	for i := from; i < to; i++ {
		clients[i] = l.room.as(t, l.members[i])
	}
	began := time.Now()
	for i := from; i < to; i++ {
		l.streams[i] = clients[i].Stream(l.room.class)
	}
	t.Logf("%d came within %v", to-from, time.Since(began).Round(time.Millisecond))
}

// online is what everyone should see when some members are there.
func (l *lesson) online(from, to int) map[string]string {
	there := map[string]string{}
	for _, user := range l.members[from:to] {
		there[user.ID] = "online"
	}
	return there
}

// bellGrace is long enough for hundreds of streams to come back in it, on any machine.
const bellGrace = 30 * time.Second

// TestBell is the beginning of a lesson: a class comes at once, most lose the connection and come back, and some leave.
func TestBell(t *testing.T) {
	t.Parallel()
	size := scale(500, 200, 100)
	dropping, leaving := size*3/5, size/10
	srv := harness.Start(t, harness.Options{Args: []string{"--presence-grace", bellGrace.String()}})
	l := gatherLesson(t, srv, size)
	began := time.Now()
	l.come(t, 0, size)
	for _, s := range l.streams {
		wantPresent(t, s, l.room.class, l.online(0, size))
	}
	for i := range dropping {
		l.streams[i].Cut()
	}
	l.come(t, 0, dropping)
	staying := size - leaving
	for i := staying; i < size; i++ {
		l.streams[i].Cut()
	}
	most := 0
	for i, s := range l.streams[:staying] {
		wantPresent(t, s, l.room.class, l.online(0, staying))
		frames := s.Count("presence.snapshot", "presence.updated")
		most = max(most, frames)
		if bound := int(time.Since(began).Seconds()) + 3; frames > bound {
			t.Errorf("member %d got %d presence frames, want at most %d", i, frames, bound)
		}
	}
	for _, f := range l.streams[dropping].Frames() { // one who was there all the time
		for _, user := range l.members[:dropping] {
			if _, offline, _ := strings.Cut(f.Data, `"offline":`); strings.Contains(offline, `"`+user.ID+`"`) {
				t.Errorf("%s was said to be gone", user.ID)
			}
		}
	}
	t.Logf("at most %d presence frames to a stream in %v; a change for each of %d members would have been %d",
		most, time.Since(began).Round(time.Millisecond), size, size+leaving)
}

// TestGhosts kills the server while a class is there: who doesn't come back is gone, and was there until then.
func TestGhosts(t *testing.T) {
	t.Parallel()
	size := scale(200, 100, 40)
	returning := size * 3 / 4
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})
		l := gatherLesson(t, srv, size)
		began := time.Now()
		l.come(t, 0, size)
		teacher := srv.As(t, anna)
		attendance := func() map[string]harness.Attendance {
			all := map[string]harness.Attendance{}
			for _, a := range harness.List[harness.Attendance](teacher, l.room.path("attendance"), url.Values{"limit": {"150"}}) {
				all[a.User] = a
			}
			return all
		}
		harness.Eventually(t, "all are in the register", func() bool {
			in := 0
			for _, a := range attendance() {
				in += a.Sessions
			}
			return in == size
		})
		srv.Kill9()
		killed := time.Now()
		srv.Restart()
		for user, p := range teacher.Presence(l.room.class) {
			if p.State != "offline" || user != anna.ID && (p.LastSeenAt == nil || p.LastSeenAt.After(killed)) {
				t.Errorf("after the crash: %+v", p)
			}
		}
		l.come(t, 0, returning)
		for _, s := range l.streams[:returning] {
			wantPresent(t, s, l.room.class, l.online(0, returning))
		}
		harness.Eventually(t, "all who returned are in the register", func() bool {
			in := 0
			for _, a := range attendance() {
				if a.LastSeen != nil && a.LastSeen.After(killed) {
					in++
				}
			}
			return in == returning
		})
		seen, list := teacher.Presence(l.room.class), attendance()
		for i, user := range l.members {
			a, p := list[user.ID], seen[user.ID]
			if a.FirstSeen.Before(began.Add(-time.Second)) || a.FirstSeen.After(killed) || a.Sessions < 1 || a.Sessions > 2 {
				t.Errorf("attendance %+v, began %v, killed %v", a, began, killed)
			}
			if i < returning {
				if p.State != "online" || !p.Active {
					t.Errorf("one who returned: %+v", p)
				}
				continue
			}
			if p.State != "offline" || p.LastSeenAt.After(killed) || a.LastSeen.After(killed) || a.Sessions != 1 {
				t.Errorf("one who didn't return: %+v, %+v, killed %v", p, a, killed)
			}
		}
	})
}
