package harness

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"homeroom/test/pgtest"
)

// BinaryEnv names a homeroom binary that is built already; the suites then
// run that one and build none.
const BinaryEnv = "HOMEROOM_TEST_BINARY"

// Main runs the tests of a suite, stops the PostgreSQL that they started, and
// removes the binary that they built. It returns the exit code for os.Exit.
func Main(m *testing.M) int {
	code := m.Run()
	if err := errors.Join(pgtest.Stop(), os.RemoveAll(buildDir())); err != nil {
		fmt.Fprintln(os.Stderr, "harness:", err)
		code = max(code, 1)
	}
	return code
}

// Binary is the path of the homeroom binary. The first call builds it from
// the working tree, with the race detector if the suite itself has it.
func Binary(tb testing.TB) string {
	tb.Helper()
	path, err := build()
	if err != nil {
		tb.Fatalf("build homeroom: %v", err)
	}
	return path
}

var buildDir = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "homeroom-test-")
	if err != nil {
		return filepath.Join(os.TempDir(), fmt.Sprintf("homeroom-test-%d", os.Getpid()))
	}
	return dir
})

var build = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(BinaryEnv); path != "" {
		return filepath.Abs(path)
	}
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	path := filepath.Join(buildDir(), "homeroom")
	args := []string{"build", "-o", path}
	if Race {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./cmd/homeroom")...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// moduleRoot is the nearest folder above the suite that holds a go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}
