package e2e_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"homeroom/test/harness"
)

// version is what a version looks like, of Go, or a path of a source file.
var version = regexp.MustCompile(`go1\.\d|\.go:\d|goroutine \d|/root/|/src/`)

// TestLeak asks for what isn't there, and in ways that nobody asks.
func TestLeak(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{})

	t.Run("no folder is listed, and nothing outside of the page is served", func(t *testing.T) {
		for _, path := range []string{
			"/assets", "/assets/", "/assets//", "/assets/.", "/assets/..", "/assets/../", "/assets/../app.js", "/assets/%2e%2e", "/assets/%2e%2e/", "/assets/..%2f",
			"/assets/..%2fweb.go", "/assets/%2e%2e%2fopenapi.yaml", "/assets/..%5cweb.go", "/assets/....//web.go", "/assets/web.go", "/assets/web_test.go", "/assets/index.html",
			"/assets/app.js/", "/assets/app.js%00.css", "/assets/%00", "/assets/app.js%2f..", "/assets/%c0%ae%c0%ae/web.go", "/assets/%252e%252e/web.go", "/assets/APP.JS",
			"//", "///", "//assets/app.js", "/./", "/../", "/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/etc/passwd", "/%5c..%5cetc", "//evil.example/", "//evil.example/%2f..",
			"/.git", "/.git/", "/.git/config", "/.git/HEAD", "/.env", "/.DS_Store", "/.well-known/", "/go.mod", "/homeroom.db", "/homeroom-data/", "/secret",
			"/index.html", "/index.php", "/favicon.ico", "/robots.txt", "/server-status", "/debug", "/debug/", "/debug/vars", "/debug/pprof", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/profile",
			"/metrics/", "/healthz/", "/openapi.yaml/", "/openapi.json", "/v1", "/v1/", "/v2/", "/V1/classes", "/v1/../healthz", "/v1//classes", "/v1/classes/", "/admin", "/v1/admin",
		} {
			answer := raw(t, srv, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			checkNothing(t, "GET "+path, answer)
		}
	})

	t.Run("what is no request gets a short error", func(t *testing.T) {
		for _, request := range []string{
			"\r\n\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n: no name\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", "POST /v1/classes HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
			"POST /v1/classes HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "POST /v1/classes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
			"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
		} {
			answer := raw(t, srv, request)
			if len(answer) > 300 {
				t.Errorf("%.40q: %d bytes", request, len(answer))
			}
			checkNothing(t, request[:min(40, len(request))], answer)
		}
	})

	t.Run("metrics and health tell no versions", func(t *testing.T) {
		for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
			body := string(srv.With(t, "").Get(path).Want(http.StatusOK).Body)
			if version.MatchString(body) || strings.Contains(body, "go_info") || strings.Contains(body, "build_info") {
				t.Errorf("%s: %q", path, version.FindString(body))
			}
		}
	})
}

// checkNothing wants an answer that refuses and tells nothing.
func checkNothing(t *testing.T, what, answer string) {
	t.Helper()
	head, _, _ := strings.Cut(answer, "\r\n\r\n")
	fields := strings.Fields(head)
	if len(fields) < 2 || !strings.HasPrefix(fields[1], "4") && fields[1] != "501" && fields[1] != "505" {
		t.Errorf("%q: %.200s", what, answer)
	}
	lower := strings.ToLower(answer)
	for _, word := range []string{"<a ", "<pre", "location:", "\r\nserver:", "x-powered-by"} {
		if strings.Contains(lower, word) {
			t.Errorf("%q: %q in %.400s", what, word, answer)
		}
	}
	if found := version.FindString(answer); found != "" {
		t.Errorf("%q: %q in %.400s", what, found, answer)
	}
}
