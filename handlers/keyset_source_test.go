package handlers

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestKeySource(t *testing.T) {
	for text, want := range map[string]string{ // what it is called in the log; "" where it is refused
		"https://id.school.example/keys":                   "https://id.school.example/keys",
		"https://me:opensesame@id.school.example/keys?k=1": "https://id.school.example/keys",
		"http://127.0.0.1:8080/keys":                       "http://127.0.0.1:8080/keys",
		"http://localhost/keys":                            "http://localhost/keys",
		"http://[::1]/keys":                                "http://[::1]/keys",
		"/etc/homeroom/keys.json":                          "/etc/homeroom/keys.json",
		"keys.json":                                        "keys.json",
		"":                                                 "",
		"http://id.school.example/keys":                    "",
		"http://127.0.0.1.school.example/keys":             "",
		"http://127.0.0.1@school.example/keys":             "",
		"ftp://id.school.example/keys":                     "",
		"file:///etc/homeroom/keys.json":                   "",
		"https://":                                         "",
		"https://:443/keys":                                "",
		"https://me:opensesame@%zz/":                       "",
	} {
		source, err := newKeySource(text)
		if err == nil {
			if got := source.String(); got != want {
				t.Errorf("%q is %q, want %q", text, got, want)
			}
		} else if want != "" || !errors.Is(err, errKeySource) || strings.Contains(err.Error(), "opensesame") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// provider is an identity provider of a few paths.
func provider() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[]}`)) })
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("url"), http.StatusFound)
	})
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte(" "), maxKeySet+1)) })
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		zip := gzip.NewWriter(w)
		for range 64 {
			_, _ = zip.Write(bytes.Repeat([]byte(" "), maxKeySet))
		}
		_ = zip.Close()
	})
	mux.HandleFunc("/header", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-More", strings.Repeat("x", 2*keySetHeader))
	})
	return mux
}

func TestKeyURL(t *testing.T) {
	plain, secure := httptest.NewServer(provider()), httptest.NewTLSServer(provider())
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	read := func(from string) error {
		source, err := newKeySource(from)
		if err != nil {
			t.Fatal(err)
		}
		source.(*keyURL).client.Transport = secure.Client().Transport
		_, err = source.read(t.Context())
		return err
	}
	for what, tt := range map[string]struct {
		from string
		want string // in the error; "" for none
	}{
		"plain, on this machine":      {plain.URL + "/keys", ""},
		"TLS":                         {secure.URL + "/keys", ""},
		"from plain to TLS":           {plain.URL + "/to?url=" + secure.URL + "/keys", ""},
		"from plain to plain":         {plain.URL + "/to?url=" + plain.URL + "/keys", ""},
		"from TLS to plain":           {secure.URL + "/to?url=" + plain.URL + "/keys", "redirect"},
		"to plain on another machine": {plain.URL + "/to?url=http://192.0.2.1/keys", "redirect"},
		"to a file":                   {plain.URL + "/to?url=file:///etc/passwd", "redirect"},
		"round and round":             {plain.URL + "/round", "redirect"},
		"a status":                    {plain.URL + "/error", "status 500"},
		"nothing there":               {plain.URL + "/nothing", "status 404"},
		"a large answer":              {plain.URL + "/large", "bytes"},
		"a small one that is large":   {plain.URL + "/bomb", "bytes"},
	} {
		t.Run(what, func(t *testing.T) {
			err := read(tt.from)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	t.Run("a certificate that nobody knows, a large header, and an error that tells no URL", func(t *testing.T) {
		for _, from := range []string{secure.URL + "/keys?key=opensesame", plain.URL + "/header?key=opensesame", "http://127.0.0.1:1/keys?key=opensesame"} {
			source, err := newKeySource(from)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := source.read(t.Context()); err == nil || strings.Contains(err.Error(), "opensesame") {
				t.Errorf("%s: %v", from, err)
			}
		}
	})
}

func TestKeyFileChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	source := &keyFile{path: path}
	write := func(to, text string) {
		t.Helper()
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wantChanged := func(what string, want bool) {
		t.Helper()
		if source.changed() != want {
			t.Errorf("%s: changed is %t", what, !want)
		}
	}
	read := func() {
		t.Helper()
		if _, err := source.read(t.Context()); err != nil {
			t.Error(err)
		}
		wantChanged("just read", false)
	}
	if _, err := source.read(t.Context()); err == nil {
		t.Error("a file that isn't there is read")
	}
	wantChanged("not there", false)
	write(path, `{"keys":[]}`)
	wantChanged("there at last", true)
	read()
	write(path, `{"keys":[] }`)
	wantChanged("another size", true)
	read()
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantChanged("another time", true)
	read()
	seen := source.seen.ModTime()
	write(path+".new", `{"keys":[] }`)
	if err := os.Chtimes(path+".new", seen, seen); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	wantChanged("another file of the same size and time", true)
	read()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wantChanged("gone", false)

	if _, err := (&keyFile{path: t.TempDir()}).read(t.Context()); err == nil {
		t.Error("a folder is read")
	}
	large := &keyFile{path: path + ".large"}
	write(large.path, strings.Repeat(" ", maxKeySet+1))
	if _, err := large.read(t.Context()); !errors.Is(err, errKeySetSize) {
		t.Errorf("a large file: %v", err)
	}
}
