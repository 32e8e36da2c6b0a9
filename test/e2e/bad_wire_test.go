package e2e_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"homeroom/test/harness"
)

// early are the statuses that net/http itself answers, before there is a request that a handler could see: what is no
// HTTP, a head that is too large, an expectation, a coding of the transfer and a version that it doesn't have.
var early = []int{
	http.StatusBadRequest, http.StatusRequestHeaderFieldsTooLarge, http.StatusExpectationFailed, http.StatusNotImplemented, http.StatusHTTPVersionNotSupported,
}

// rawRequest is one that no client of Go's would send: CLASS and TOKEN stand for themselves.
type rawRequest struct {
	what string
	text string
	ends bool // it is said that no more comes
}

// rawRequests are requests that are wrong as HTTP.
func rawRequests() []rawRequest {
	const post = "POST /v1/classes/CLASS/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nConnection: close\r\n"
	const get = "GET /v1/classes/CLASS HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nConnection: close\r\n"
	const stream = "GET /v1/classes/CLASS/stream?limit=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nConnection: close\r\n"
	return []rawRequest{
		{"a body shorter than it says", post + "Content-Length: 100\r\n\r\n{\"text\":\"x\"}", true},
		{"a body longer than it says", post + "Content-Length: 3\r\n\r\n{\"text\":\"x\"}", false},
		{"a length below zero", post + "Content-Length: -1\r\n\r\n{}", false},
		{"a length that is no number", post + "Content-Length: ten\r\n\r\n{}", true},
		{"a giant length", post + "Content-Length: 9223372036854775807\r\n\r\n{}", true},
		{"two lengths", post + "Content-Length: 2\r\nContent-Length: 12\r\n\r\n{\"text\":\"x\"}", false},
		{"a length and chunks", post + "Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false},
		{"chunks with a bad size", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", true},
		{"chunks that end early", post + "Transfer-Encoding: chunked\r\n\r\nff\r\n{}", true},
		{"a chunk of a giant size", post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}", true},
		{"another coding of the transfer", post + "Transfer-Encoding: gzip\r\n\r\n{}", false},
		{"two codings of the transfer", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", false},
		{"an expectation", post + "Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}", false},
		{"no length", post + "\r\n{\"text\":\"x\"}", false},
		{"a name with a space", get + "Bad Name: x\r\n\r\n", false},
		{"a name with a control character", get + "Bad\x01: x\r\n\r\n", false},
		{"a value with a NUL", get + "If-Match: \"\x00\"\r\n\r\n", false},
		{"a value with an escape", get + "If-Match: \x1b[31m\r\n\r\n", false},
		{"a line that is folded", get + "If-Match: \"1\",\r\n \"2\"\r\n\r\n", false},
		{"a line that has no colon", get + "hello\r\n\r\n", true},
		{"a lone CR in a value", get + "If-Match: a\rb\r\n\r\n", false},
		{"line feeds alone", strings.ReplaceAll(get, "\r\n", "\n") + "\n", false},
		{"a giant head", get + "X-Giant: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", false},
		{"a great many lines", get + strings.Repeat("X-Many: a\r\n", 5000) + "\r\n", false},
		{"an end after the request", post + "Content-Length: 12\r\n\r\n{\"text\":\"x\"}", true},
		{"an end after a request that reads", get + "\r\n", true},
		{"two keys", post + "Idempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 12\r\n\r\n{\"text\":\"x\"}", false},
		{"two tokens", get + "Authorization: Bearer TOKEN\r\n\r\n", false},
		{"a last id with a control character", stream + "Last-Event-ID: k3f9.1.2.3.c\x07\r\n\r\n", false},
		{"a last id with a tab", stream + "Last-Event-ID: k3f9.1\t.2.3.c\r\n\r\n", false},
		{"two last ids", stream + "Last-Event-ID: a\r\nLast-Event-ID: b\r\n\r\n", false},
		{"no host", "GET /healthz HTTP/1.1\r\n\r\n", true},
		{"two hosts", "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n", false},
		{"a host that is none", "GET /healthz HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", false},
		{"a version of the past", "GET /healthz HTTP/0.9\r\nHost: x\r\n\r\n", true},
		{"a version of the future", "GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n", true},
		{"HTTP/1.0", "GET /healthz HTTP/1.0\r\n\r\n", true},
		{"the beginning of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true},
		{"a beginning of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", true},
		{"a path with an escape that is none", "GET /v1/classes/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
		{"a path with a NUL", "GET /v1/\x00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
		{"a path with a space", "GET /v1/a b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
		{"a path without its slash", "GET v1/classes HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
		{"bytes in a path", "GET /v1/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
		{"a whole address", "GET http://elsewhere.example/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
		{"a star", "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
		{"a tunnel", "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
		{"an upgrade", get + "Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n", false},
		{"a method with a colon", "GE:T /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
		{"nothing but an end", "\r\n\r\n\r\n\r\n", true},
		{"noise", strings.Repeat("\xde\xad\xbe\xef", 1000) + "\r\n\r\n", true},
	}
}

// sendRaw writes the bytes and reads what comes.
func (v *vandal) sendRaw(bad rawRequest) {
	v.Helper()
	fill := strings.NewReplacer("CLASS", v.scene.class, "TOKEN", pupil.Token(v.T, time.Hour))
	text := fill.Replace(bad.text)
	conn, err := net.Dial("tcp", v.srv.Addr())
	if err != nil {
		v.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(harness.Patience))
	if _, err := io.WriteString(conn, text); err != nil && !cut(err) {
		v.Errorf("%s: %v", bad.what, err)
	}
	if bad.ends {
		_ = conn.(*net.TCPConn).CloseWrite() // or it is closed already
	}
	method, path := startLine(text)
	req, err := http.NewRequestWithContext(v.Context(), method, v.srv.URL+path, nil)
	if err != nil { // its line can't be read
		req, _ = http.NewRequestWithContext(v.Context(), http.MethodGet, v.srv.URL, nil)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		if !cut(err) {
			v.Errorf("%s: %v", bad.what, err)
		}
		return // hung up, which is an answer to what is no HTTP
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if slices.Contains(early, resp.StatusCode) && resp.Header.Get("Content-Type") != "application/problem+json" {
		return
	}
	if resp.StatusCode == http.StatusOK && method == http.MethodOptions {
		return // of a star net/http knows by itself
	}
	v.judge(bad.what, resp, body, err)
	if err := harness.Contract(v.T).CheckResponse(req, resp, body); err != nil {
		v.Errorf("%s: %v", bad.what, err)
	}
}

// startLine is what a request's first line says, and a path that isn't there if it names none.
func startLine(text string) (method, path string) {
	line, _, _ := strings.Cut(text, "\n")
	words := strings.Fields(line)
	if len(words) < 2 {
		return http.MethodGet, "/nowhere"
	}
	target, err := url.Parse(words[1])
	if err != nil || !strings.HasPrefix(target.Path, "/") {
		return words[0], "/nowhere"
	}
	return words[0], target.RequestURI()
}
