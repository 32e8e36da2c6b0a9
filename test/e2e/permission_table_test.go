package e2e_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// permissions is docs/permissions.md: who may do what, as it is promised.
type permissions struct {
	inClass    map[string]permission // by action
	outside    map[string]permission
	conditions []condition // in the order in which they are looked at
}

// permission is a row: how far it reaches by role ("yes", "own" or "no"), and what may forbid it for the time being.
type permission struct {
	reach  map[string]string
	unless []string
}

// condition is whom it doesn't bind, and how the others are answered.
type condition struct {
	name   string
	exempt map[string]bool
	status int
	code   string
}

// readPermissions reads the page.
func readPermissions(t *testing.T) *permissions {
	t.Helper()
	page, err := os.ReadFile("../../docs/permissions.md")
	if err != nil {
		t.Fatal(err)
	}
	p := &permissions{inClass: map[string]permission{}, outside: map[string]permission{}}
	for _, row := range tableUnder(t, string(page), "## In a class") {
		p.inClass[row["to"]] = readPermission(t, row)
	}
	for _, row := range tableUnder(t, string(page), "## Outside of classes") {
		p.outside[row["to"]] = readPermission(t, row)
	}
	for _, row := range tableUnder(t, string(page), "## What forbids it for the time being") {
		status, code, _ := strings.Cut(row["answer"], " ")
		c := condition{name: row["condition"], exempt: map[string]bool{}, code: code}
		if c.status, err = strconv.Atoi(status); err != nil || code == "" {
			t.Fatalf("the answer to %s is %q", c.name, row["answer"])
		}
		for _, role := range roles {
			c.exempt[role] = row[role] == "exempt"
		}
		p.conditions = append(p.conditions, c)
	}
	return p
}

// roles are the columns that speak of somebody.
var roles = []string{"admin", "teacher", "assistant", "student"}

func readPermission(t *testing.T, row map[string]string) permission {
	t.Helper()
	p := permission{reach: map[string]string{}}
	for _, role := range roles {
		reach, there := row[role]
		if there && !slices.Contains([]string{"yes", "own", "no"}, reach) {
			t.Fatalf("to %s: %q for %s", row["to"], reach, role)
		}
		p.reach[role] = reach
	}
	if row["unless"] != "" {
		p.unless = strings.Split(row["unless"], ", ")
	}
	return p
}

// tableUnder is the first table below a heading, each row by its columns.
func tableUnder(t *testing.T, page, heading string) []map[string]string {
	t.Helper()
	_, rest, found := strings.Cut(page, heading+"\n")
	if !found {
		t.Fatalf("there is no %q", heading)
	}
	var columns []string
	var rows []map[string]string
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "|") {
			if columns != nil {
				break
			}
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case columns == nil:
			columns = cells
		case strings.HasPrefix(cells[0], "---"):
		case len(cells) != len(columns):
			t.Fatalf("%d cells in %q", len(cells), line)
		default:
			row := map[string]string{}
			for i, name := range columns {
				row[name] = cells[i]
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("there is no table under %q", heading)
	}
	return rows
}
