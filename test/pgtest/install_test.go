package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

func TestFindBin(t *testing.T) {
	root := t.TempDir()
	t.Setenv("PATH", root)
	pattern := filepath.Join(root, "*", "bin")

	if bin, err := findBin(pattern); !errors.Is(err, ErrMissing) {
		t.Errorf("nothing installed: got %q, %v", bin, err)
	}
	mustInstall(t, root)
	if bin, err := findBin(pattern); bin != root || err != nil {
		t.Errorf("on PATH alone: got %q, %v", bin, err)
	}
	for _, version := range []string{"9.6", "15", "extra"} {
		mustInstall(t, filepath.Join(root, version, "bin"))
	}
	if bin, err := findBin(pattern); bin != filepath.Join(root, "15", "bin") || err != nil {
		t.Errorf("several versions: got %q, %v", bin, err)
	}
}

func TestGiveUp(t *testing.T) {
	said := 0
	defer func(say func()) { sayMissing = say }(sayMissing)
	sayMissing = func() { said++ }
	for _, tt := range []struct {
		name, ci string
		err      error
		want     string
	}{
		{"missing by hand", "", ErrMissing, "skip"},
		{"missing in CI", "true", ErrMissing, "fatal"},
		{"broken by hand", "", errors.New("no space left"), "fatal"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("CI", tt.ci)
			end := &ending{TB: t}
			var wg sync.WaitGroup
			wg.Go(func() { giveUp(end, tt.err) })
			wg.Wait()
			if end.how != tt.want {
				t.Errorf("got %s, want %s", end.how, tt.want)
			}
		})
	}
	if said != 1 {
		t.Errorf("the terminal was told %d times of one skip", said)
	}
}

// ending notes how a test would have ended, and ends its goroutine as that would.
type ending struct {
	testing.TB
	how string
}

func (e *ending) Fatalf(string, ...any) { e.end("fatal") }
func (e *ending) Skipf(string, ...any)  { e.end("skip") }

func (e *ending) end(how string) {
	e.how = how
	runtime.Goexit()
}

func mustInstall(t *testing.T, bin string) {
	t.Helper()
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "initdb"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}
