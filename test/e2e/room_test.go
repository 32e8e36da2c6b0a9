package e2e_test

import (
	"testing"

	"homeroom/test/harness"
)

// The people of the stories.
var (
	anna = harness.Teacher("anna") // the class is hers
	clio = harness.Student("clio") // assistant in the class
	ben  = harness.Student("ben")  // student in the class
	dora = harness.Student("dora") // student in the class
	eve  = harness.Teacher("eve")  // teaches elsewhere
	root = harness.Admin("root")   // in no class
	finn = harness.Student("finn") // in no class
	gwen = harness.Teacher("gwen") // a second teacher, where one is needed
	hugo = harness.Student("hugo") // removed in some stories
	ines = harness.Student("ines") // leaves by herself in some stories
)

// room is a server with anna's class on it.
type room struct {
	srv   *harness.Server
	class string
}

// openRoom starts a server with a class: anna teaches, clio assists, ben and
// dora learn.
func openRoom(t *testing.T, opts harness.Options) room {
	t.Helper()
	return furnish(t, harness.Start(t, opts))
}

// furnish makes such a class on a server that runs.
func furnish(t *testing.T, srv *harness.Server) room {
	t.Helper()
	teacher := srv.As(t, anna)
	r := room{srv: srv, class: teacher.CreateClass("Biology").ID}
	teacher.AddMember(r.class, clio, "assistant")
	teacher.AddMember(r.class, ben, "student")
	teacher.AddMember(r.class, dora, "student")
	return r
}

// as is a client of a test for one of the people.
func (r room) as(t *testing.T, user harness.User) *harness.Client {
	t.Helper()
	return r.srv.As(t, user)
}

// path is a path below the class.
func (r room) path(parts ...string) string { return harness.ClassPath(r.class, parts...) }

// texts are the texts of messages, with a dash for a tombstone.
func texts(messages []harness.Message) []string {
	out := make([]string, len(messages))
	for i, m := range messages {
		out[i] = "-"
		if m.Text != nil {
			out[i] = *m.Text
		}
	}
	return out
}
