// Package web is the page that Homeroom serves at /: a small client without a build step, embedded in the binary.
//
// The page is written for its Content-Security-Policy: no inline scripts or styles, and nothing from another origin.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"time"
)

//go:embed *.html *.js *.css *.svg
var embedded embed.FS

// page is the file behind /; all others are assets.
const page = "index.html"

// policy lets the page load, call and show this origin alone, and lets nobody frame it. Where a script could turn text
// into markup or code, the browser refuses it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// permissions takes from the page what it has no use for.
const permissions = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), " +
	"microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"

// contentTypes are fixed here, since package mime's table also takes in what the machine is configured with.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml; charset=utf-8",
}

// file is an embedded file, ready to be served.
type file struct {
	body        []byte
	etag        string
	contentType string
}

var files = load(embedded)

// Page serves the page itself.
func Page(w http.ResponseWriter, r *http.Request) {
	files[page].serve(w, r)
}

// Asset serves one of the page's scripts, styles or pictures. It reports false, and has written nothing, if there is
// no such file.
func Asset(w http.ResponseWriter, r *http.Request, name string) bool {
	f, ok := files[name]
	if !ok || name == page {
		return false
	}
	f.serve(w, r)
	return true
}

// serve answers with the file, or with 304 to a browser that has it. The names of assets don't change with their
// content, so a browser may keep them but has to ask each time.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", policy)
	h.Set("Content-Type", f.contentType)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("ETag", f.etag)
	h.Set("Permissions-Policy", permissions)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	for _, name := range [...]string{"If-Match", "If-Unmodified-Since", "Range"} {
		r.Header.Del(name) // no browser needs them here, and the contract has no 206, 412 or 416 for a page
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
}

// load reads all files of a folder. One that can't be served is a mistake in this package, found at start.
func load(folder fs.ReadDirFS) map[string]file {
	entries, err := folder.ReadDir(".")
	if err != nil {
		panic(err)
	}
	loaded := make(map[string]file, len(entries))
	for _, entry := range entries {
		body, err := fs.ReadFile(folder, entry.Name())
		if err != nil {
			panic(err)
		}
		contentType, ok := contentTypes[path.Ext(entry.Name())]
		if !ok {
			panic("no content type for " + entry.Name())
		}
		loaded[entry.Name()] = file{body, etag(body), contentType}
	}
	return loaded
}

// etag is a strong validator (RFC 9110, 8.8.3): it changes with the content and with nothing else.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}
