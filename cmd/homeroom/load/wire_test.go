package load

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// served is what the streams of these tests bring.
const served = "retry: 5\nid: 1\nevent: stream.ready\ndata: {}\n\nid: 2\nevent: a\ndata: b\n\n"

// wires are both, towards a server.
func wires(t *testing.T, server *httptest.Server) map[string]wire {
	t.Helper()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	d := &dialer{addresses: 1, bytes: new(atomic.Int64)}
	return map[string]wire{ClientOwn: &ownWire{base: base, dialer: d}, ClientLibrary: newLibraryWire(server.URL, d)}
}

// frames follows a stream and returns its frames as blocks.
func frames(ctx context.Context, w wire, o opening) ([]block, error) {
	var all []block
	err := w.follow(ctx, o, func(f *frame) {
		all = append(all, block{string(f.id), f.hasID, string(f.event), string(f.data), f.retry})
	})
	return all, err
}

func TestWires(t *testing.T) {
	want := []block{{"1", true, "stream.ready", "{}", 5 * time.Millisecond}, {"2", true, "a", "b", 0}}
	for name, header := range map[string]http.Header{
		"in chunks":            {},
		"with a length":        {"Content-Length": {strconv.Itoa(len(served))}},
		"until the connection": {"Connection": {"close"}, "Transfer-Encoding": {"identity"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Last-Event-ID") != "0" || r.URL.Path != "/v1/x" {
					t.Errorf("asked %s with %v", r.URL, r.Header)
				}
				w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
				for key, values := range header {
					w.Header()[key] = values
				}
				for line := range strings.Lines(served) {
					_, _ = io.WriteString(w, line)
					_ = http.NewResponseController(w).Flush()
				}
			}))
			defer server.Close()
			for client, w := range wires(t, server) {
				for _, slow := range []bool{false, true} {
					got, err := frames(t.Context(), w, opening{"/v1/x", "secret", []byte("0"), slow})
					if !slices.Equal(got, want) {
						t.Errorf("%s: got %+v, %v", client, got, err)
					}
				}
			}
		})
	}
}

func TestWiresRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			_, _ = io.WriteString(w, "<p>please sign in</p>")
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"detail":"Not for you."}`)
	}))
	defer server.Close()
	for client, w := range wires(t, server) {
		for path, says := range map[string]string{"/page": "no event stream", "/else": "Not for you."} {
			_, err := frames(t.Context(), w, opening{path: path})
			if refused, ok := errors.AsType[*refusal](err); !ok || !strings.Contains(refused.Error(), says) {
				t.Errorf("%s, %s: %v", client, path, err)
			}
		}
	}
}

func TestWiresAreCut(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, served)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	for client, w := range wires(t, server) {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		_ = w.follow(ctx, opening{path: "/"}, func(*frame) { // the library calls it no error
			if n++; n == 2 {
				cancel()
			}
		})
		if n != 2 {
			t.Errorf("%s: %d frames", client, n)
		}
		cancel()
	}
}

func TestOwnWireOverTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, served)
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // of the handshake that fails
	server.StartTLS()
	defer server.Close()
	own := wires(t, server)[ClientOwn].(*ownWire)
	if _, err := frames(t.Context(), own, opening{path: "/"}); !errors.As(err, new(*tls.CertificateVerificationError)) {
		t.Errorf("a certificate that nobody trusts: %v", err)
	}
	own.roots = x509.NewCertPool()
	own.roots.AddCert(server.Certificate())
	if got, err := frames(t.Context(), own, opening{path: "/"}); len(got) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}
