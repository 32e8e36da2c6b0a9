package dependencies

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestLicenses(t *testing.T) {
	modules := linked(t)
	if len(modules) < len(direct(t)) {
		t.Fatalf("only %d modules: the look for them must be wrong", len(modules))
	}
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		if err := checkLicense(path, modules[path]); err != nil {
			t.Error(err)
		}
	}
	for _, path := range noted {
		if modules[path] == "" {
			t.Errorf("%s is excused and not used", path)
		}
	}
	for path, p := range npmLock(t).Packages {
		if path != "" && !slices.Contains(allowed, p.License) {
			t.Errorf("npm package %s: licence %q", npmName(path), p.License)
		}
	}
}

// TestRefused tries the check with modules that must not pass.
func TestRefused(t *testing.T) {
	mit, err := os.ReadFile(root + "/LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	const gpl = "This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public License " +
		"as published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version.\n"
	const mpl = "This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. " +
		"If a copy of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.\n"
	for what, tt := range map[string]struct {
		files map[string]string
		says  string // empty: it passes
	}{
		"MIT":                   {map[string]string{"LICENSE": string(mit)}, ""},
		"nothing":               {map[string]string{"main.go": "package main"}, "no licence"},
		"only a word about it":  {map[string]string{"README.md": string(mit)}, "no licence"},
		"an empty file":         {map[string]string{"LICENSE": ""}, "unknown"},
		"words of their own":    {map[string]string{"LICENSE": "Do as you like, but not on Sundays."}, "unknown"},
		"GPL":                   {map[string]string{"COPYING": gpl}, "GPL"},
		"GPL beside MIT":        {map[string]string{"LICENSE": string(mit), "LICENSE.GPL": gpl}, "GPL"},
		"MPL without a note":    {map[string]string{"LICENSE.txt": mpl}, "MPL-2.0"},
		"MIT, with more to add": {map[string]string{"LICENSE": string(mit) + strings.Repeat("You owe us a coffee for each call that you make. ", 40)}, "unknown"},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := checkLicense("example.org/module", dir)
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
}

// row is one of the page's tables; its first cell names what it is about.
var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|(.*)\\|$")

// TestPage holds docs/dependencies.md to what is used: each has its row, and no row is of something else.
func TestPage(t *testing.T) {
	page, err := os.ReadFile(root + "/docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, found := range row.FindAllStringSubmatch(string(page), -1) {
		if rows[found[1]] {
			t.Errorf("%s has two rows", found[1])
		}
		rows[found[1]] = true
		cells := strings.Split(found[2], " | ")
		if len(cells) != 4 || slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) == "" }) {
			t.Errorf("%s: %d cells, want four with something in them", found[1], len(cells))
		}
	}
	used := direct(t)
	for name := range npmLock(t).Packages[""].DevDependencies {
		used = append(used, name)
	}
	for _, name := range used {
		if !rows[name] {
			t.Errorf("%s has no row", name)
		}
	}
	for name := range rows {
		if !slices.Contains(used, name) {
			t.Errorf("%s has a row and isn't used", name)
		}
	}
}
