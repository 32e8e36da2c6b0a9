package dependencies

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// root is the folder of the module, from here.
const root = "../.."

// run is what a go command prints.
func run(tb testing.TB, args ...string) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), "go", args...)
	cmd.Dir = root
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output returns it as it is
		err = fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	if err != nil {
		tb.Fatalf("go %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// linked are the modules that the packages and their tests are made of, and where they are.
func linked(tb testing.TB) map[string]string {
	tb.Helper()
	modules := map[string]string{}
	list := run(tb, "list", "-deps", "-test", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", "./...")
	for line := range strings.Lines(list) {
		if path, dir, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			modules[path] = dir
		}
	}
	return modules
}

// direct are the modules that go.mod names as used by our own code.
func direct(tb testing.TB) (paths []string) {
	tb.Helper()
	var file struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal([]byte(run(tb, "mod", "edit", "-json")), &file); err != nil {
		tb.Fatal(err)
	}
	for _, r := range file.Require {
		if !r.Indirect {
			paths = append(paths, r.Path)
		}
	}
	return paths
}
