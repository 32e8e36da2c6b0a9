package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"homeroom/test/contract"
	"homeroom/test/harness"
)

const (
	badRequests = 1000
	badSeed     = 6  // of the generator; HOMEROOM_TEST_SEED is another
	badGrowth   = 40 // goroutines and descriptors that may be more at the end: idle connections, and the database's
)

// TestBadRequests makes requests that are wrong in every way, generated from the contract. Each answer must be one that
// the contract has, which the client sees to; none is the server's fault, and it doesn't suffer from any.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	seed := uint64(badSeed)
	if text := os.Getenv("HOMEROOM_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	harness.EachDatabase(t, func(t *testing.T, db string) {
		t.Logf("HOMEROOM_TEST_SEED=%d", seed)
		v := vandal{T: t, srv: harness.Start(t, harness.Options{Database: db}), rand: rand.New(rand.NewPCG(seed, 0))}
		v.renew()
		before := v.resources()
		requests := harness.Contract(t).Requests()
		for i := range badRequests {
			v.send(requests[i%len(requests)])
		}
		for _, bad := range rawRequests() {
			v.sendRaw(bad)
		}
		v.unharmed(before)
	})
}

// vandal makes bad requests, one after the other.
type vandal struct {
	*testing.T
	srv   *harness.Server
	rand  *rand.Rand
	scene *scene
	good  int // requests that were allowed in spite of everything
}

// renew makes a class that has what the requests name.
func (v *vandal) renew() {
	v.Helper()
	v.scene = setScene(v.T, v.srv, caller{}, open)
}

// request is one on its way to be spoilt.
type request struct {
	harness.Call
	query string
	body  fields // of an object; nil: there is none
}

// send makes a request that is like a good one, but for one or two things.
func (v *vandal) send(op contract.Request) {
	v.Helper()
	r := v.plain(op)
	var did []string
	for range 1 + v.rand.IntN(2) {
		name, spoil := v.spoil(op, r)
		spoil()
		did = append(did, name)
	}
	if r.query != "" {
		r.Path += "?" + r.query
	}
	if r.Body == nil && r.body != nil {
		r.Body = r.body.String()
	}
	what := fmt.Sprintf("%s with %s: %s %.200s", op.ID, strings.Join(did, " and "), r.Method, r.Path)
	resp, err := v.anybody().Dial(v.Context(), r.Call)
	if err != nil {
		if cut(err) && bodyLen(r.Body) > 1<<20 {
			return // a body that is far too long may be refused before it is all there
		}
		v.Errorf("%s: %v", what, err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.Header.Get("Content-Type") == "text/event-stream" {
		return // it is open, and is cut now
	}
	body, err := io.ReadAll(resp.Body)
	v.judge(what, resp, body, err)
	if resp.StatusCode < 300 && r.Method != http.MethodGet {
		v.good++
		if v.srv.As(v.T, head).Get(harness.ClassPath(v.scene.class)).Status != http.StatusOK || r.Method == http.MethodDelete {
			v.renew()
		}
	}
}

// judge looks at what no contract can say of an answer.
func (v *vandal) judge(what string, resp *http.Response, body []byte, err error) {
	v.Helper()
	switch {
	case err != nil:
		v.Errorf("%s: status %d, and then %v", what, resp.StatusCode, err)
	case resp.StatusCode >= http.StatusInternalServerError:
		v.Errorf("%s: status %d: %s", what, resp.StatusCode, body)
	case resp.StatusCode >= http.StatusBadRequest && resp.Request.Method != http.MethodHead:
		var p harness.Problem
		if err := json.Unmarshal(body, &p); err != nil || p.Code == "" || p.Status != resp.StatusCode ||
			resp.Header.Get("Content-Type") != "application/problem+json" {
			v.Errorf("%s: status %d with no problem: %.300q, %v", what, resp.StatusCode, body, err)
		}
	}
}

// plain is a good request.
func (v *vandal) plain(op contract.Request) *request {
	v.Helper()
	for _, a := range attempts {
		if a.operation != op.ID {
			continue
		}
		r := &request{Call: harness.Call{Method: op.Method, Path: op.Path, Header: map[string]string{}}}
		r.query = strings.TrimPrefix(a.query, "?")
		v.scene.fill(&r.Call, a, false, "", "app.js")
		if text, ok := r.Body.(string); ok {
			r.body, r.Body = parseFields(v.T, text), nil
		}
		return r
	}
	v.Fatalf("there is no attempt of %s", op.ID)
	return nil
}

// anybody is one of those who call.
func (v *vandal) anybody() *harness.Client {
	v.Helper()
	return []*harness.Client{
		v.srv.As(v.T, head), v.srv.As(v.T, head), v.srv.As(v.T, pupil), v.srv.As(v.T, root), v.srv.As(v.T, finn), v.srv.With(v.T, ""),
	}[v.rand.IntN(6)]
}

// spoil is a way to spoil a request, drawn from those that it has room for.
func (v *vandal) spoil(op contract.Request, r *request) (string, func()) {
	ways := map[string]func(){
		"another method": func() { r.Method = pick(v.rand, badMethods) },
		"a bad query":    func() { r.query = v.badQuery(op, r.query) },
		"a bad header": func() {
			name := pick(v.rand, badHeaderNames)
			r.Header[name] = pick(v.rand, badHeaderValues)
		},
	}
	names := []string{"another method", "a bad query", "a bad header", "a bad header"} // in an order that is always the same
	if len(op.In("path")) > 0 {
		names = append(names, "a bad path")
		ways["a bad path"] = func() { r.Path = v.badPath(r.Path) }
	}
	if op.Body != nil {
		names = append(names, "a bad field", "a bad field", "a bad field", "a bad body", "a bad body", "a bad type of content")
		ways["a bad field"] = func() { r.body.spoil(v.rand, op.Body) }
		ways["a bad body"] = func() { v.badBody(r) }
		ways["a bad type of content"] = func() { r.Header["Content-Type"] = pick(v.rand, badContentTypes) }
	}
	name := pick(v.rand, names)
	return name, ways[name]
}

// badQuery spoils a parameter that the operation has, or brings another.
func (v *vandal) badQuery(op contract.Request, good string) string {
	name := pick(v.rand, append(op.In("query"), "token", "__proto__", "limit"))
	value := pick(v.rand, badQueryValues)
	bad := name + "=" + value
	switch v.rand.IntN(4) {
	case 0:
		return bad
	case 1:
		return bad + "&" + bad
	default:
		return strings.Trim(good+"&"+bad, "&")
	}
}

// badPath spoils a segment.
func (v *vandal) badPath(good string) string {
	segments := strings.Split(good, "/")
	at := 1 + v.rand.IntN(len(segments)-1)
	if len(segments) > 3 && v.rand.IntN(2) == 0 {
		at = 3
	}
	segments[at] = pick(v.rand, badSegments)
	return strings.Join(segments, "/")
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// cut reports whether the server ended a connection while it was written to.
func cut(err error) bool {
	text := err.Error()
	return strings.Contains(text, "reset by peer") || strings.Contains(text, "broken pipe") || strings.Contains(text, "EOF")
}

func bodyLen(body any) int {
	switch b := body.(type) {
	case string:
		return len(b)
	case []byte:
		return len(b)
	}
	return 0
}

// resources are what a server could leak.
func (v *vandal) resources() map[string]int {
	v.Helper()
	v.srv.CloseIdle()
	descriptors, err := os.ReadDir(filepath.Join("/proc", fmt.Sprint(v.srv.PID()), "fd"))
	if err != nil {
		v.Skipf("the descriptors of a process can't be read here: %v", err)
	}
	found := map[string]int{"descriptors": len(descriptors)}
	for line := range strings.Lines(string(v.srv.With(v.T, "").Get("/metrics").Body)) {
		for _, name := range []string{"go_goroutines", "homeroom_streams_open"} {
			if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+" "); ok {
				number, err := strconv.ParseFloat(value, 64)
				if err != nil {
					v.Fatal(err)
				}
				found[name] = int(number)
			}
		}
	}
	return found
}

// unharmed checks that the server is as before.
func (v *vandal) unharmed(before map[string]int) {
	v.Helper()
	stream := v.srv.As(v.T, head).Stream(v.scene.class)
	stream.Ready()
	v.srv.As(v.T, pupil).Post(v.scene.class, "still there?")
	stream.WaitFor("the message", harness.Created("still there?"))
	stream.Cut()
	var after map[string]int
	harness.Eventually(v.T, "it needs no more than before", func() bool {
		after = v.resources()
		return after["homeroom_streams_open"] == 0 && after["go_goroutines"] < before["go_goroutines"]+badGrowth && after["descriptors"] < before["descriptors"]+badGrowth
	})
	for _, record := range v.srv.Logs().Records("") {
		if record.Text("level") == "ERROR" {
			v.Errorf("it logged %v", record)
		}
	}
	if v.good > badRequests/2 {
		v.Errorf("%d of the requests were good", v.good)
	}
	v.Logf("%d changes were allowed; before %v, after %v", v.good, before, after)
}

// badSegments are no ids, or those of nobody.
var badSegments = []string{
	"", ".", "..", "%2e%2e", "%2F", "%00", "%0a", "%20", "%ff", "%C0%AF", "%F0%9F%A7%AA", "0", "-1", "null", "undefined", "*", ";", "a;b=c", "%25",
	"01890a5dac96774bbcceb302099a8057", "01890A5D-AC96-774B-BCCE-B302099A8057", "00000000-0000-0000-0000-000000000000",
	"%7B01890a5d-ac96-774b-bcce-b302099a8057%7D", "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8057%00",
	"'%20OR%201=1--", "..%2f..%2fetc%2fpasswd", url.PathEscape("\u2028"), url.PathEscape("\ufeff"), strings.Repeat("a", 10<<10), strings.Repeat("%41", 3<<10), strings.Repeat("é", 129),
}

// badQueryValues are escaped, or can't be.
var badQueryValues = []string{
	"", "0", "-1", "1.5", "1e3", "+1", "%201", "99999999999999999999", "true", "null", "%00", "%0a", "%ff", "%zz", "%", "a;b", "a%26b=c", "[]", "'", "..",
	"%F0%9F%A7%AA", "k3f9.1.1.1.c", "....", strings.Repeat("A", 8<<10), strings.Repeat("%F0%9F%A7%AA", 1<<10), strings.Repeat(",", 5000), strings.Repeat("x&", 3000),
}

var badMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions, http.MethodTrace, "BREW", "get", "PROPFIND"}

// Headers are spoilt by values that a client of Go's can send; for the others see rawRequests.
var (
	badHeaderNames = []string{
		"Idempotency-Key", "If-Match", "Last-Event-ID", "Accept", "Range", "If-None-Match", "If-Modified-Since", "Content-Encoding", "Accept-Encoding",
		"Authorization", "Cookie", "Origin", "X-HTTP-Method-Override", "X-Forwarded-For", "Forwarded", "Upgrade", "TE", "Sec-Fetch-Site",
	}
	badHeaderValues = []string{
		" ", "*", "\"", `""`, `"1`, `W/"1"`, `"0"`, `"-1"`, `"99999999999999999999"`, ",,,,", "k3f9.1.2.3.c", "k3f9.9007199254740993.2.3.c", "999999999999999999999999",
		"null", "two words", "\t", "\xff\xfe", "\u2028", "é", "text/html;q=0", "application/xml", "bytes=0-1", "bytes=-1", "gzip", "br", "identity;q=0", "websocket", "trailers",
		"Bearer", "Bearer x", "Basic YTpi", "Negotiate", "https://evil.example", "cross-site", "DELETE", "127.0.0.1", "for=unknown", "homeroom_session=x", "=", ";",
		strings.Repeat("k", 300), strings.Repeat("\"1\",", 2000), strings.Repeat("a", 20<<10),
	}
	badContentTypes = []string{
		"", " ", "/", "json", "text/plain", "text/json", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/octet-stream",
		"application/json; charset=utf-16", "application/json; charset=iso-8859-1", "application/json; charset=", "application/json; charset=utf-8; charset=latin1",
		"application/json;;", "application/json, text/plain", "application/problem+json", "application/json; charset=\"utf-8", "\xff", strings.Repeat("a", 5000), "application/json; " + strings.Repeat("a=b; ", 500),
	}
)
