package dependencies

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// npmFolder is where the packages of the browser's suite are named.
const npmFolder = root + "/test/browser/"

// lockFile is what matters here of npm's.
type lockFile struct {
	Packages map[string]struct {
		License         string            `json:"license"`
		DevDependencies map[string]string `json:"devDependencies"` // of the root, whose name is ""
	} `json:"packages"`
}

// npmLock reads it.
func npmLock(tb testing.TB) (lock lockFile) {
	tb.Helper()
	text, err := os.ReadFile(npmFolder + "package-lock.json")
	if err == nil {
		err = json.Unmarshal(text, &lock)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return lock
}

// npmName is a package's name, of where it is.
func npmName(path string) string {
	return path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):]
}
