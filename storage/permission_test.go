package storage

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/permissions.md anew")

const permissionsPage = "../docs/permissions.md"

func TestPermissionsAreDocumented(t *testing.T) {
	want := documentPermissions()
	if *update {
		if err := os.WriteFile(permissionsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(permissionsPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what permission.go says: run go generate ./storage", permissionsPage)
	}
}

// documentPermissions prints the tables of permission.go.
func documentPermissions() string {
	var page strings.Builder
	row := func(cells ...any) {
		for _, cell := range cells {
			fmt.Fprintf(&page, "| %v ", cell)
		}
		page.WriteString("|\n")
	}
	head := func(cells ...any) {
		row(cells...)
		page.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
	}
	page.WriteString(`# Who may do what

<!-- Printed from storage/permission.go by go generate ./storage: change it there. -->

A user has a global role, which the token names (admin, teacher or student), and may have a role in each class (teacher,
assistant or student). In a class only the latter counts, except for admins: they may do what their column says without
being members, and as members whatever either of the two columns allows.

To anybody who is neither a member nor an admin a class does not exist: 404 ` + "`not_found`" + `. What a role doesn't allow
is 403 ` + "`forbidden`" + `; but what is yet to be published doesn't exist for those who may not see it. *own* means: with what is one's
own, which is a message that one wrote, one's own membership and receipt.

## In a class

`)
	head("to", "admin", "teacher", "assistant", "student", "unless")
	for _, p := range permissions {
		row(p.action, p.admin, p.teacher, p.assistant, p.student, list(p.unless))
	}
	page.WriteString("\n## Outside of classes\n\nHere the global role counts.\n\n")
	head("to", "admin", "teacher", "student", "unless")
	for _, g := range globalPermissions {
		row(g.action, g.admin, g.teacher, g.student, list(g.unless))
	}
	page.WriteString("\n## What forbids it for the time being\n\nThe conditions under *unless*, whom each doesn't bind, and what the others are answered. They are looked at in that order.\n\n")
	head("condition", "admin", "teacher", "assistant", "student", "answer")
	free := map[scope]string{yes: "exempt", no: "bound"}
	for _, e := range exemptions {
		row(e.condition, free[e.admin], free[e.teacher], free[e.assistant], free[e.student], e.answer)
	}
	page.WriteString(`
A class is archived and locked, and its slow mode is set, with ` + "`PATCH /v1/classes/{class}`" + `; a member is muted with
` + "`PUT /v1/classes/{class}/members/{user}/mute`" + `. Slow mode forbids a message that comes too soon after its author's last one. Who posts what looks like spam is paused; see
[operations.md](operations.md#spam).

Beyond roles: a class keeps a teacher, so the last one can be neither removed nor made anything else.
`)
	return page.String()
}

func list(conditions []condition) string {
	names := make([]string, len(conditions))
	for i, c := range conditions {
		names[i] = string(c)
	}
	return strings.Join(names, ", ")
}

// TestPermissionsAreComplete holds the tables to what the code that reads them relies on.
func TestPermissionsAreComplete(t *testing.T) {
	var actions []Action
	var used []condition
	for _, p := range permissions {
		actions = append(actions, p.action)
		used = append(used, p.unless...)
		if slices.Contains([]scope{p.admin, p.teacher, p.assistant, p.student}, "") {
			t.Errorf("%q leaves a role out", p.action)
		}
	}
	for _, g := range globalPermissions {
		actions = append(actions, g.action)
		used = append(used, g.unless...)
	}
	slices.Sort(actions)
	if len(slices.Compact(slices.Clone(actions))) != len(actions) {
		t.Errorf("an action has two rows: %q", actions)
	}
	for _, e := range exemptions {
		if !slices.Contains(used, e.condition) {
			t.Errorf("nothing is forbidden by %q", e.condition)
		}
	}
	for _, c := range used {
		if !slices.ContainsFunc(exemptions[:], func(e exemption) bool { return e.condition == c }) {
			t.Errorf("%q has no row of whom it binds", c)
		}
	}
}

func TestAccess(t *testing.T) {
	member := func(role Role) *Member { return &Member{User: "me", Role: role} }
	for _, c := range []struct {
		name   string
		access access
		action Action
		owner  string
		want   bool
	}{
		{"a teacher deletes others' messages", access{member: member(Teacher)}, Moderate, "you", true},
		{"a student deletes their own", access{member: member(Student)}, Moderate, "me", true},
		{"a student deletes no others'", access{member: member(Student)}, Moderate, "you", false},
		{"an admin deletes others'", access{admin: true}, Moderate, "you", true},
		{"an admin who is no member edits not even their own", access{admin: true}, EditMessages, "me", false},
		{"an admin who is a student edits their own", access{admin: true, member: member(Student)}, EditMessages, "me", true},
		{"an admin who is a student manages", access{admin: true, member: member(Student)}, ManageClass, "me", true},
		{"what is in no table is nobody's", access{admin: true, member: member(Teacher)}, "rule the world", "me", false},
		{"a role that isn't known allows nothing", access{member: member("headmaster")}, ReadClass, "me", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.access.user = "me"
			if got := c.access.allowed(c.action, c.owner); got != c.want {
				t.Errorf("allowed: %v", got)
			}
		})
	}
}
