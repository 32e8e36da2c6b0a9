package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"homeroom/test/harness"
)

// caller is a kind of caller.
type caller struct {
	name    string
	global  string // the role in the token; "" without one
	class   string // the role in the class; "" for no member
	muted   bool
	removed bool // was a student until just now
}

// callers are all kinds. How one shows who they are would be a further dimension, in client.
func callers() []caller {
	all := []caller{{name: "who sends no token"}}
	for _, global := range []string{"student", "teacher", "admin"} {
		who := "a global " + global
		all = append(all, caller{name: who + ", no member", global: global}, caller{name: who + ", removed", global: global, removed: true})
		for _, class := range []string{"student", "assistant", "teacher"} {
			all = append(all, caller{name: who + ", " + class, global: global, class: class})
			if class != "teacher" {
				all = append(all, caller{name: who + ", muted " + class, global: global, class: class, muted: true})
			}
		}
	}
	return all
}

// user is the caller as the token names them.
func (c caller) user() harness.User {
	return harness.User{ID: "caller", Name: "Caller", Role: c.global}
}

// client makes calls as the caller.
func (c caller) client(t *testing.T, srv *harness.Server) *harness.Client {
	t.Helper()
	if c.global == "" {
		return srv.With(t, "")
	}
	return srv.As(t, c.user())
}

// present reports whether the caller has ever been in the class, so that there is something of theirs.
func (c caller) present() bool { return c.class != "" || c.removed || c.global == "admin" }

// state is what a class is in.
type state string

const (
	open     state = "open"
	archived state = "archived"
	locked   state = "locked"
	slow     state = "slowed down" // and everybody has just posted
	deleted  state = "deleted"
)

// scene is a class in a state, with a caller.
type scene struct {
	class string
	named map[string]string // placeholder → what is put there
	mine  map[owned]string  // the same of what is the caller's, for the placeholder of the same kind
}

var (
	head      = harness.Teacher("head") // made the class
	pupil     = harness.Student("pupil")
	helper    = harness.Student("helper")    // an assistant
	colleague = harness.Teacher("colleague") // a second teacher
)

// setScene makes a class with what the attempts name.
func setScene(t *testing.T, srv *harness.Server, c caller, in state) *scene {
	t.Helper()
	teacher := srv.As(t, head)
	class := teacher.CreateClass("Scene").ID
	teacher.AddMember(class, pupil, "student")
	teacher.AddMember(class, helper, "assistant")
	teacher.AddMember(class, colleague, "teacher")
	if c.class != "" {
		teacher.AddMember(class, c.user(), c.class)
	} else if c.removed {
		teacher.AddMember(class, c.user(), "student")
	}
	var code harness.JoinCode
	teacher.Do(http.MethodPut, harness.ClassPath(class, "join-code"), nil).Want(http.StatusOK).Into(&code)
	s := &scene{class: class, mine: map[owned]string{}, named: map[string]string{
		"{class}":        class,
		"{message}":      srv.As(t, pupil).Post(class, "the pupil's").ID,
		"{code}":         code.Code,
		"{announcement}": teacher.Announce(class, "announcements", draft("announcements")).ID,
		"{assignment}":   teacher.Announce(class, "assignments", draft("assignments")).ID,
		"{connection}":   "3f0c9a55-4f0e-4c39-9b1e-6a4f9d1c2b7e",
		"{held}":         "01a202b9-7f40-7b16-9c3d-5e8a1d2f6c47",
		"{notice}":       "01a202b2-c57b-7c3e-9d2a-4f1f6a0c8e11",
		"{soon}":         time.Now().Add(time.Hour).Format(time.RFC3339),
	}}
	if c.present() {
		s.mine[aMessage] = c.client(t, srv).Post(class, "the caller's").ID
	}
	if c.class != "" {
		s.mine[aMembership] = c.user().ID
	}
	s.enter(t, teacher, c, in)
	return s
}

// enter brings the caller and the class into their state.
func (s *scene) enter(t *testing.T, teacher *harness.Client, c caller, in state) {
	t.Helper()
	if c.muted {
		teacher.Mute(s.class, c.user(), time.Now().Add(time.Hour))
	}
	if c.removed {
		teacher.RemoveMember(s.class, c.user())
	}
	switch in {
	case archived:
		teacher.Do(http.MethodPatch, harness.ClassPath(s.class), `{"archived":true}`).Want(http.StatusOK)
	case locked:
		teacher.Lock(s.class, true)
	case slow:
		teacher.SlowDown(s.class, 3600)
	case deleted:
		teacher.Do(http.MethodDelete, harness.ClassPath(s.class), nil).Want(http.StatusNoContent)
	}
}
