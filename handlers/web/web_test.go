package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

// get calls the page, or an asset where name isn't empty.
func get(t *testing.T, name string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/"+name, nil)
	for key, values := range header {
		r.Header[key] = values
	}
	w := httptest.NewRecorder()
	if name == "" {
		Page(w, r)
	} else if !Asset(w, r, name) {
		t.Fatalf("there is no asset %s", name)
	}
	return w.Result()
}

func TestServed(t *testing.T) {
	for _, tt := range []struct {
		name, contentType, contains string
	}{
		{"", "text/html; charset=utf-8", "<!doctype html>"},
		{"app.js", "text/javascript; charset=utf-8", "import "},
		{"style.css", "text/css; charset=utf-8", ":root"},
		{"favicon.svg", "image/svg+xml; charset=utf-8", "<svg "},
	} {
		t.Run("/"+tt.name, func(t *testing.T) {
			first := get(t, tt.name, nil)
			body, err := io.ReadAll(first.Body)
			if err != nil {
				t.Fatal(err)
			}
			if first.StatusCode != http.StatusOK || !strings.Contains(string(body), tt.contains) {
				t.Errorf("status %d, want 200 with a body that contains %q", first.StatusCode, tt.contains)
			}
			for key, want := range map[string]string{
				"Cache-Control":          "no-cache",
				"Content-Type":           tt.contentType,
				"Referrer-Policy":        "no-referrer",
				"X-Content-Type-Options": "nosniff",
				"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
					"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
				"Cross-Origin-Opener-Policy": "same-origin",
			} {
				if got := first.Header.Get(key); got != want {
					t.Errorf("%s: %q, want %q", key, got, want)
				}
			}

			tag := first.Header.Get("ETag")
			if again := get(t, tt.name, http.Header{"If-None-Match": {tag}}); again.StatusCode != http.StatusNotModified {
				t.Errorf("asked again with ETag %s: status %d, want 304", tag, again.StatusCode)
			}
			if other := get(t, tt.name, http.Header{"If-None-Match": {`"other"`}}); other.StatusCode != http.StatusOK {
				t.Errorf("asked with another ETag: status %d, want 200", other.StatusCode)
			}
		})
	}
}

func TestTagsFollowContent(t *testing.T) {
	tags := map[string]string{}
	for name, f := range files {
		if other, ok := tags[f.etag]; ok {
			t.Errorf("%s and %s have the same ETag", name, other)
		}
		tags[f.etag] = name
	}
}

func TestUnknownAsset(t *testing.T) {
	for _, name := range []string{"", "nothing.js", "index.html", "web.go", "web_test.go", ".", "..", "../web.go", "./app.js", "app.js/"} {
		w := httptest.NewRecorder()
		if Asset(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/assets/x", nil), name) {
			t.Errorf("there is an asset %q", name)
		}
		if w.Body.Len() > 0 || len(w.Header()) > 0 {
			t.Errorf("asset %q: something was written, though there is none", name)
		}
	}
}

var (
	reference = regexp.MustCompile(`(?:src|href)="([^"]*)"`)
	imported  = regexp.MustCompile(`(?m)^(?:import|export)\b.* from '\./([^']*)'`)
	lookup    = regexp.MustCompile(`\$\('([^']*)'\)`)
	inline    = regexp.MustCompile(`<style|<script>|<script [^>]*>[^<]|\s(?:style|on[a-z]+)=|javascript:`)
	markup    = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|setHTML|document\.write|createContextualFragment|eval\(|new Function`)
)

// The page is complete: it asks for nothing that isn't there, and nothing is there that it doesn't ask for.
func TestReferences(t *testing.T) {
	index := string(files[page].body)
	used := map[string]bool{}
	for _, match := range reference.FindAllStringSubmatch(index, -1) {
		switch name, asset := strings.CutPrefix(match[1], "/assets/"); {
		case asset:
			used[name] = true
		case match[1] != "/openapi.yaml":
			t.Errorf("%s refers to %s", page, match[1])
		}
	}
	for name := range files {
		for _, match := range imported.FindAllStringSubmatch(string(files[name].body), -1) {
			if !used[match[1]] {
				t.Errorf("%s imports %s, which %s doesn't preload", name, match[1], page)
			}
		}
		if name != page && !used[name] {
			t.Errorf("%s is not used", name)
		}
	}
	for name := range used {
		if _, ok := files[name]; !ok {
			t.Errorf("%s refers to %s, which isn't there", page, name)
		}
	}
}

func TestElementsExist(t *testing.T) {
	index := string(files[page].body)
	found := lookup.FindAllStringSubmatch(string(files["app.js"].body), -1)
	if len(found) == 0 {
		t.Fatal("app.js looks up no elements")
	}
	for _, match := range found {
		if !strings.Contains(index, `id="`+match[1]+`"`) {
			t.Errorf("app.js looks up #%s, which %s doesn't have", match[1], page)
		}
	}
}

// What the policy forbids would fail silently in the browser; and what users write must never become markup.
func TestNothingInline(t *testing.T) {
	for name, f := range files {
		if path.Ext(name) == ".html" || path.Ext(name) == ".svg" {
			if found := inline.Find(f.body); found != nil {
				t.Errorf("%s has %q, which its policy forbids", name, found)
			}
		}
		if path.Ext(name) == ".js" {
			if found := markup.Find(f.body); found != nil {
				t.Errorf("%s uses %q", name, found)
			}
		}
	}
}
