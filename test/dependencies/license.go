package dependencies

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licences, as SPDX names them, that ask for no more than to be kept with what is passed on.
var allowed = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "Unlicense"}

// noted are modules under the MPL-2.0, which binds who changes their files: we use them as they are.
var noted = []string{"github.com/hashicorp/golang-lru/v2", "github.com/r3labs/sse/v2", "pgregory.net/rapid"}

// known are files that the scan can't judge and a person has read: what they say of what is linked is all allowed.
var known = []string{
	"modernc.org/libc/LICENSE-3RD-PARTY.md",   // musl's (MIT), which tells of its parts in words of its own
	"modernc.org/memory/LICENSE-LOGO",         // where a picture is from, which is not linked
	"modernc.org/sqlite/LICENSE-SQLITE",       // SQLite's: it is in the public domain
	"modernc.org/sqlite/LICENSE-3RD-PARTY.md", // all that it is built with; MPL-2.0 is none of the binary's, it says
}

// licenseFile is what files with a licence are called; PATENTS and the like grant more and take nothing.
var licenseFile = regexp.MustCompile(`(?i)^(un)?licen[cs]e([-_.].*)?$|^copying([-_.].*)?$`)

// enough is how much of a file must be the text of known licences, in percent: the rest is names and years.
const enough = 75

// checkLicense reports what is wrong with the licence of a module in a folder: there is none, or it is one that
// isn't known or allowed. Every file that is there must be good.
func checkLicense(module, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	found := false
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !licenseFile.MatchString(name) || strings.HasSuffix(name, ".go") || slices.Contains(known, module+"/"+name) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if err := checkText(module, text); err != nil {
			return fmt.Errorf("%s: %s: %w", module, name, err)
		}
		found = true
	}
	if !found {
		return fmt.Errorf("%s: no licence", module)
	}
	return nil
}

// checkText reports what is wrong with the text of a licence.
func checkText(module string, text []byte) error {
	cover := licensecheck.Scan(text)
	matches := 0
	for _, match := range cover.Match {
		if match.IsURL {
			continue
		}
		matches++
		mayBe := slices.Contains(allowed, match.ID) || match.ID == "MPL-2.0" && slices.Contains(noted, module)
		if !mayBe {
			return fmt.Errorf("licence %s", match.ID)
		}
	}
	if matches == 0 || cover.Percent < enough {
		return fmt.Errorf("licence unknown: %.0f%% of it are", cover.Percent)
	}
	return nil
}
