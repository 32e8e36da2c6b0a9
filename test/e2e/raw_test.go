package e2e_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

// TestRawRequests is what no ordinary client sends: to each there is a sane answer, and nobody, not even a proxy before
// the server, can take one request for two.
func TestRawRequests(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{})
	const host = "Host: homeroom.example\r\n"
	post := func(headers, body string) string {
		return "POST /v1/session HTTP/1.1\r\n" + host + headers + "\r\n" + body
	}
	get := func(headers string) string { return "GET /healthz HTTP/1.1\r\n" + headers + "\r\n" }
	hidden := "GET /nowhere HTTP/1.1\r\n" + host + "\r\n" // a request that may be hidden in another
	for name, c := range map[string]struct {
		request  string
		statuses []int // of the answers
		goesOn   bool  // the connection can be used for another request
	}{
		"HTTP/1.0":                   {"GET /healthz HTTP/1.0\r\n\r\n", []int{200}, false},
		"HTTP/1.2":                   {"GET /healthz HTTP/1.2\r\n" + host + "\r\n", []int{200}, true},
		"HTTP/2.0 in a line":         {"GET /healthz HTTP/2.0\r\n" + host + "\r\n", []int{505}, false},
		"HTTP/9.9":                   {"GET /healthz HTTP/9.9\r\n" + host + "\r\n", []int{505}, false},
		"no version":                 {"GET /healthz\r\n\r\n", []int{400}, false},
		"no HTTP at all":             {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", []int{400}, false},
		"two pipelined":              {get(host) + hidden, []int{200, 404}, true},
		"no host":                    {get(""), []int{400}, false},
		"two hosts":                  {get(host + host), []int{400}, false},
		"a host with a space":        {get("Host: a b\r\n"), []int{400}, false},
		"absolute form":              {"GET http://elsewhere.example/healthz HTTP/1.1\r\n" + host + "\r\n", []int{200}, true}, // RFC 9112, 3.2.2
		"absolute form of a path":    {"GET http://elsewhere.example/nowhere HTTP/1.1\r\n" + host + "\r\n", []int{404}, true},
		"CONNECT":                    {"CONNECT elsewhere.example:443 HTTP/1.1\r\n" + host + "\r\n", []int{404}, true},
		"TRACE":                      {"TRACE /healthz HTTP/1.1\r\n" + host + "X-Secret: 1\r\n\r\n", []int{405}, true},
		"a method that isn't one":    {strings.Repeat("A", 5000) + " /healthz HTTP/1.1\r\n" + host + "\r\n", []int{405}, true},
		"upgrade to a web socket":    {get(host + "Connection: Upgrade\r\nUpgrade: websocket\r\n"), []int{200}, true},
		"expect 100-continue":        {post("Expect: 100-continue\r\nContent-Length: 4\r\n", ""), []int{401}, false}, // the body is not asked for
		"expect something else":      {get(host + "Expect: tea\r\n"), []int{417}, false},
		"length and chunks":          {post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+hidden), []int{401}, false},
		"chunks and length":          {post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"+hidden), []int{401}, false},
		"two lengths":                {post("Content-Length: 4\r\nContent-Length: 5\r\n", "abcde"), []int{400}, false},
		"the same length twice":      {post("Content-Length: 4\r\nContent-Length: 4\r\n", "abcd"), []int{401}, true}, // RFC 9110, 8.6
		"a length below zero":        {post("Content-Length: -4\r\n", "abcd"), []int{400}, false},
		"a length with a sign":       {post("Content-Length: +4\r\n", "abcd"), []int{400}, false},
		"a length in hex":            {post("Content-Length: 0x4\r\n", "abcd"), []int{400}, false},
		"chunks that are no chunks":  {post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"+hidden), []int{501}, false},
		"chunks in gzip":             {post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"+hidden), []int{501}, false},
		"chunks twice":               {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"+hidden), []int{501}, false},
		"chunks in HTTP/1.0":         {"POST /v1/session HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, []int{401}, false},
		"a chunk of no size":         {post("Transfer-Encoding: chunked\r\n", "zz\r\n\r\n"+hidden), []int{401}, false},
		"a header after the chunks":  {post("Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n", "0\r\nAuthorization: Bearer x\r\n\r\n"), []int{401}, false},
		"a space before the colon":   {get(host + "Content-Length : 4\r\n"), []int{400}, false},
		"a header without a name":    {get(host + ": x\r\n"), []int{400}, false},
		"NUL in a header":            {get(host + "X-A: b\x00c\r\n"), []int{400}, false},
		"a control in the target":    {"GET /heal\x0bthz HTTP/1.1\r\n" + host + "\r\n", []int{400}, false},
		"a body that no call takes":  {get(host+"Content-Length: 72\r\n") + hidden + strings.Repeat("x", 72-len(hidden)), []int{200}, true},
		"a broken escape in a path":  {"GET /%zz HTTP/1.1\r\n" + host + "\r\n", []int{400}, false},
		"a way up out of the assets": {"GET /assets/../../etc/passwd HTTP/1.1\r\n" + host + "\r\n", []int{404}, true},
		"an escaped way up":          {"GET /assets/..%2f..%2fetc%2fpasswd HTTP/1.1\r\n" + host + "\r\n", []int{404}, true},
		"a head that is too large":   {get(host + "X-A: " + strings.Repeat("x", 40_000) + "\r\n"), []int{431}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", srv.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(harness.Patience))
			if c.goesOn {
				c.request, c.statuses = c.request+get(host), append(c.statuses, 200)
			}
			if _, err := io.WriteString(conn, c.request); err != nil {
				t.Fatal(err)
			}
			answers := bufio.NewReader(conn)
			for _, want := range c.statuses {
				wantRawAnswer(t, answers, want)
			}
			if c.goesOn {
				return
			}
			_ = conn.(*net.TCPConn).CloseWrite()               // which ends a body that would be waited for
			if rest, _ := io.ReadAll(answers); len(rest) > 0 { // which a reset may end, too
				t.Errorf("and then: %.500s", rest)
			}
		})
	}
}

// wantRawAnswer reads an answer, which tells nothing of what runs here, and can't be taken for a page.
func wantRawAnswer(t *testing.T, answers *bufio.Reader, want int) {
	t.Helper()
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatalf("instead of an answer: %v", err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Error(err)
	}
	if resp.StatusCode != want {
		t.Errorf("status %d, want %d: %.300s", resp.StatusCode, want, body)
	}
	if resp.Header.Get("Server") != "" || resp.Header.Get("Content-Type") == "text/html" || strings.ContainsAny(string(body), "<>") ||
		strings.Contains(string(body), "net/http") || strings.Contains(string(body), "X-Secret") {
		t.Errorf("it tells: %v %.500s", resp.Header, body)
	}
}
