package contract

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"testing"
)

// Transport returns a transport that checks every response that passes through it, and
// fails the test on each one that breaks the contract. A nil base is [http.DefaultTransport].
//
// Bodies are read whole and replaced, but for text/event-stream, which passes untouched:
// of a stream only status and headers are checked. HEAD and OPTIONS, which
// no operation documents, and bodies that break off are not checked.
func (c *Contract) Transport(tb testing.TB, base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{contract: c, tb: tb, base: base}
}

type transport struct {
	contract *Contract
	tb       testing.TB
	base     http.RoundTripper
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.tb.Helper()
	resp, err := t.base.RoundTrip(req)
	if err != nil || req.Method == http.MethodHead || req.Method == http.MethodOptions {
		return resp, err
	}
	var body []byte
	if mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); mediaType != "text/event-stream" {
		var whole bool
		if body, whole = buffer(resp); !whole {
			return resp, nil // whoever reads the body gets the error
		}
	}
	if err := t.contract.CheckResponse(req, resp, body); err != nil {
		t.tb.Errorf("contract: %v", err)
	}
	return resp, nil
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] looks for.
func (t *transport) CloseIdleConnections() {
	if base, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// buffer reads the body of a response and puts in its place one that reads the same:
// the same bytes, then the same error. It reports whether there was none.
func buffer(resp *http.Response) (read []byte, whole bool) {
	read, err := io.ReadAll(resp.Body)
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	var again io.Reader = bytes.NewReader(read)
	if err != nil {
		again = io.MultiReader(again, brokenReader{err})
	}
	resp.Body = io.NopCloser(again)
	return read, err == nil
}

type brokenReader struct{ err error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.err }
