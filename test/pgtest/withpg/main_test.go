package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeroom/test/pgtest"
)

func TestRun(t *testing.T) {
	pgtest.URL(t) // skips where there is no PostgreSQL

	t.Run("the command finds a server in its environment", func(t *testing.T) {
		t.Setenv(pgtest.Env, "")
		out := filepath.Join(t.TempDir(), "env")
		if status, err := run([]string{"--", "sh", "-c", `printf %s "$HOMEROOM_TEST_POSTGRES" >"$0"`, out}); status != 0 || err != nil {
			t.Fatalf("status %d, %v", status, err)
		}
		got, err := os.ReadFile(out)
		if err != nil || !strings.HasPrefix(string(got), "postgres://") {
			t.Errorf("the command saw %q, %v", got, err)
		}
	})

	t.Run("a server that is given stays the one", func(t *testing.T) {
		t.Setenv(pgtest.Env, "postgres://given.example/db")
		if status, err := run([]string{"sh", "-c", `[ "$HOMEROOM_TEST_POSTGRES" = postgres://given.example/db ]`}); status != 0 || err != nil {
			t.Errorf("status %d, %v", status, err)
		}
	})

	for _, tt := range []struct {
		name    string
		command []string
		status  int
		err     bool
	}{
		{"success", []string{"true"}, 0, false},
		{"its own status", []string{"sh", "-c", "exit 7"}, 7, false},
		{"ended by a signal", []string{"sh", "-c", "kill -TERM $$"}, 128 + 15, false},
		{"not to be found", []string{"/nowhere/command"}, exitNoRun, true},
		{"nothing to run", nil, exitUsage, true},
		{"nothing after the dashes", []string{"--"}, exitUsage, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(pgtest.Env, "postgres://given.example/db") // no server needed
			status, err := run(tt.command)
			if status != tt.status || (err != nil) != tt.err {
				t.Errorf("got status %d, error %v; want %d, %v", status, err, tt.status, tt.err)
			}
		})
	}
}

func TestMain(m *testing.M) { pgtest.Main(m) }
