package contract

import (
	"net/http"
	"strings"
	"testing"
)

const (
	classPath   = "/v1/classes/" + classID
	membersPath = classPath + "/members"
	messagePath = classPath + "/messages/01a202b4-c698-7a05-b1c7-6e3d9f2a4b80"
)

// answer is a request and a response to it. Header lines are "Name: value".
type answer struct {
	request string // "GET /path"
	status  int
	headers []string
	body    string
}

func (a answer) check(t *testing.T) error {
	t.Helper()
	req, resp := a.exchange(t)
	return Load(t).CheckResponse(req, resp, []byte(a.body))
}

func (a answer) exchange(t *testing.T) (*http.Request, *http.Response) {
	t.Helper()
	method, target, _ := strings.Cut(a.request, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp := &http.Response{StatusCode: a.status, Header: make(http.Header), Request: req}
	for _, line := range a.headers {
		name, value, _ := strings.Cut(line, ": ")
		resp.Header.Add(name, value)
	}
	return req, resp
}

const receipt = `{"class":"` + classID + `","user":"bob","delivered":4,"read":3,"updated_at":"2026-11-22T10:04:00.000Z"}`

const (
	isJSON    = "Content-Type: application/json"
	isProblem = "Content-Type: application/problem+json"
	tag       = `ETag: "1"`
	at        = "Homeroom-Cursor: " + cursor
)

func problem(code, status, more string) string {
	return `{"type":"urn:homeroom:problem:` + code + `","title":"Title","status":` + status + `,"detail":"Detail.","code":"` + code + `"` + more + `}`
}

// goodAnswers are broken in every place by TestBrokenBodiesAreRefused.
var goodAnswers = map[string]answer{
	"a class is created":         {"POST /v1/classes", 201, []string{isJSON, tag, "Location: " + classPath}, class},
	"classes":                    {"GET /v1/classes?limit=1", 200, []string{isJSON, at}, `{"items":[` + class + `],"next":"x"}`},
	"a class":                    {"GET " + classPath, 200, []string{isJSON, tag}, class},
	"a receipt":                  {"PUT " + classPath + "/receipt", 200, []string{isJSON}, receipt},
	"receipts":                   {"GET " + classPath + "/receipts", 200, []string{isJSON, at}, `{"items":[` + receipt + `],"next":null}`},
	"who is there":               {"GET " + classPath + "/presence", 200, []string{isJSON, at}, `{"items":[{"user":"bob","name":"Bob","role":"student","state":"away","last_seen_at":"2026-11-22T10:04:00.000Z","active":false}],"next":null}`},
	"who was there":              {"GET " + classPath + "/attendance", 200, []string{isJSON, at}, `{"items":[{"user":"bob","name":"Bob","role":"student","first_seen_at":"2026-11-22T10:04:00.000Z","last_seen_at":"2026-11-22T10:05:30.000Z","minutes":2,"sessions":1}],"next":null}`},
	"receipts of a message":      {"GET " + messagePath + "/receipts", 200, []string{isJSON}, `{"message":"01a202b4-c698-7a05-b1c7-6e3d9f2a4b80","seq":3,"members":2,"delivered":{"count":1,"users":["bob"]},"read":{"count":0,"users":[]}}`},
	"members":                    {"GET " + membersPath, 200, []string{isJSON, at}, `{"items":[` + member + `],"next":null}`},
	"a member":                   {"GET " + membersPath + "/alice", 200, []string{isJSON, tag}, member},
	"a message is edited":        {"PATCH " + messagePath, 200, []string{isJSON, `ETag: "12"`}, edited},
	"a message":                  {"GET " + messagePath, 200, []string{isJSON, tag}, message},
	"a tombstone":                {"GET " + messagePath, 200, []string{isJSON, tag}, tombstone},
	"messages":                   {"GET " + classPath + "/messages?order=asc", 200, []string{isJSON, at}, `{"items":[` + tombstone + `,` + message + `],"next":null}`},
	"events":                     {"GET " + classPath + "/events", 200, []string{isJSON}, `{"events":[` + frames["resync"].data + `,` + frames["message.created"].data + `],"cursor":"` + cursor + `"}`},
	"health":                     {"GET /healthz", 200, []string{isJSON}, `{"status":"ok"}`},
	"readiness":                  {"GET /readyz", 200, []string{isJSON}, `{"status":"ready"}`},
	"the demo class":             {"GET /dev/session", 200, []string{isJSON}, `{"class":{"id":"` + classID + `","name":"Demo"},"users":[{"user":"alice","name":"Alice","role":"teacher","token":"e30.e30.e30"}]}`},
	"a missing token":            {"GET /v1/classes", 401, []string{isProblem, "WWW-Authenticate: Bearer"}, problem("token_missing", "401", "")},
	"a stale version":            {"PATCH " + classPath, 412, []string{isProblem}, problem("version_mismatch", "412", `,"current":`+class)},
	"a stale member":             {"PUT " + membersPath + "/alice", 412, []string{isProblem}, problem("version_mismatch", "412", `,"current":`+member)},
	"an empty text":              {"PATCH " + messagePath, 422, []string{isProblem}, problem("invalid_field", "422", `,"errors":[{"field":"text","message":"must not be empty"}]`)},
	"no database":                {"GET /v1/classes", 503, []string{isProblem, "Retry-After: 1"}, problem("unavailable", "503", "")},
	"the last teacher":           {"DELETE " + membersPath + "/alice", 409, []string{isProblem}, problem("last_teacher", "409", "")},
	"a path that there is not":   {"GET /v2", 404, []string{isProblem}, problem("not_found", "404", "")},
	"a method that there is not": {"PUT /v1/classes", 405, []string{isProblem, "Allow: GET, POST"}, problem("method_not_allowed", "405", "")},
}

func TestGoodResponses(t *testing.T) {
	for name, a := range goodAnswers {
		t.Run(name, func(t *testing.T) {
			if err := a.check(t); err != nil {
				t.Error(err)
			}
		})
	}
	for name, a := range map[string]answer{
		"a charset":                {"GET /healthz", 200, []string{"Content-Type: application/json; charset=utf-8"}, `{"status":"ok"}`},
		"an admin's view":          {"GET " + classPath, 200, []string{isJSON, tag}, strings.Replace(class, `"teacher"`, "null", 1)},
		"an empty list":            {"GET /v1/classes", 200, []string{isJSON, at}, `{"items":[],"next":null}`},
		"no events":                {"GET " + classPath + "/events?wait=1", 200, []string{isJSON}, `{"events":[],"cursor":"` + cursor + `"}`},
		"a user id with a slash":   {"GET " + membersPath + "/a%2Fb", 200, []string{isJSON, tag}, strings.Replace(member, "alice", "a/b", 1)},
		"no member to match":       {"PUT " + membersPath + "/bob", 412, []string{isProblem}, problem("version_mismatch", "412", `,"current":null`)},
		"a deletion":               {"DELETE " + messagePath, 204, nil, ""},
		"a session":                {"POST /v1/session", 204, []string{"Set-Cookie: homeroom_session=e30.e30.e30; Path=/; HttpOnly; SameSite=Strict"}, ""},
		"a session under TLS":      {"POST /v1/session", 204, []string{"Set-Cookie: __Host-homeroom_session=e30.e30.e30; Path=/; HttpOnly; Secure; SameSite=Strict"}, ""},
		"the end of a session":     {"DELETE /v1/session", 204, []string{"Set-Cookie: homeroom_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"}, ""},
		"a stream":                 {"GET " + classPath + "/stream", 200, []string{"Content-Type: text/event-stream", "Cache-Control: no-store, no-transform", "X-Accel-Buffering: no"}, ""},
		"a stream through nginx":   {"GET " + classPath + "/stream", 200, []string{"Content-Type: text/event-stream", "Cache-Control: no-store, no-transform"}, ""},
		"metrics":                  {"GET /metrics", 200, []string{"Content-Type: text/plain; version=0.0.4; charset=utf-8"}, "up 1\n"},
		"the page":                 {"GET /", 200, []string{"Content-Type: text/html; charset=utf-8"}, "<!doctype html>"},
		"a script":                 {"GET /assets/app.js", 200, []string{"Content-Type: text/javascript; charset=utf-8"}, "1"},
		"the contract":             {"GET /openapi.yaml", 200, []string{"Content-Type: application/yaml"}, "openapi: 3.2.0"},
		"no token on a stray path": {"GET /v1/nothing", 401, []string{isProblem, "WWW-Authenticate: Bearer"}, problem("token_missing", "401", "")},
	} {
		t.Run(name, func(t *testing.T) {
			if err := a.check(t); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBrokenBodiesAreRefused(t *testing.T) {
	for name, a := range goodAnswers {
		t.Run(name, func(t *testing.T) {
			for _, m := range mutants(t, a.body) {
				broken := a
				broken.body = string(m.data)
				if err := broken.check(t); err == nil {
					t.Errorf("accepted with %s", m.name)
				}
			}
		})
	}
}

func TestMissingHeadersAreRefused(t *testing.T) {
	for name, a := range goodAnswers {
		for i, line := range a.headers {
			t.Run(name+" without "+line, func(t *testing.T) {
				broken := a
				broken.headers = append(append([]string(nil), a.headers[:i]...), a.headers[i+1:]...)
				if err := broken.check(t); err == nil {
					t.Error("accepted")
				}
			})
		}
	}
}

func TestBadResponses(t *testing.T) {
	for name, a := range map[string]answer{
		"an undocumented path":        {"GET /v1/nothing", 200, []string{isJSON}, `{}`},
		"an undocumented method":      {"PUT /v1/classes", 200, []string{isJSON}, class},
		"an undocumented status":      {"GET /v1/classes", 418, []string{isProblem}, problem("not_found", "418", "")},
		"another success":             {"POST /v1/classes", 200, []string{isJSON, tag, "Location: " + classPath}, class},
		"an empty path parameter":     {"GET /v1/classes/", 200, []string{isJSON, tag}, class},
		"405 for an operation":        {"GET /v1/classes", 405, []string{isProblem, "Allow: GET"}, problem("method_not_allowed", "405", "")},
		"another media type":          {"GET /v1/classes", 200, []string{"Content-Type: text/plain"}, `{"items":[],"next":null}`},
		"a problem as plain JSON":     {"GET " + classPath, 404, []string{isJSON}, problem("not_found", "404", "")},
		"a problem as plain text":     {"GET " + classPath, 404, []string{"Content-Type: text/plain; charset=utf-8"}, "404 page not found\n"},
		"a stream that is JSON":       {"GET " + classPath + "/stream", 200, []string{isJSON, "Cache-Control: no-store, no-transform"}, `{}`},
		"a stream that is cached":     {"GET " + classPath + "/stream", 200, []string{"Content-Type: text/event-stream", "Cache-Control: no-cache"}, ""},
		"a stream of another path":    {"GET /v1/classes", 200, []string{"Content-Type: text/event-stream"}, ""},
		"204 with a body":             {"DELETE " + messagePath, 204, nil, "{}"},
		"no body":                     {"GET /healthz", 200, []string{isJSON}, ""},
		"no JSON":                     {"GET /healthz", 200, []string{isJSON}, "ok"},
		"two values":                  {"GET /healthz", 200, []string{isJSON}, `{"status":"ok"}{}`},
		"invalid UTF-8":               {"GET " + classPath, 200, []string{isJSON, tag}, strings.Replace(class, "Biology", "Biolog\xff", 1)},
		"a bare ETag":                 {"GET " + classPath, 200, []string{isJSON, "ETag: 1"}, class},
		"a weak ETag":                 {"GET " + classPath, 200, []string{isJSON, `ETag: W/"1"`}, class},
		"a location elsewhere":        {"POST /v1/classes", 201, []string{isJSON, tag, "Location: /classes"}, class},
		"a cursor that is none":       {"GET " + membersPath, 200, []string{isJSON, "Homeroom-Cursor: a:b"}, `{"items":[],"next":null}`},
		"Retry-After that is no time": {"GET /readyz", 503, []string{isProblem, "Retry-After: soon"}, problem("unavailable", "503", "")},
		"a cookie for scripts":        {"POST /v1/session", 204, []string{"Set-Cookie: homeroom_session=e30.e30.e30; Path=/; SameSite=Strict"}, ""},
		"a code of another status":    {"GET " + classPath, 404, []string{isProblem}, problem("forbidden", "404", "")},
		"a code of another operation": {"GET /v1/classes", 400, []string{isProblem}, problem("invalid_cursor", "400", "")},
		"another status in the body":  {"GET " + classPath, 404, []string{isProblem}, problem("not_found", "400", "")},
		"a type of another code":      {"GET /v1/classes", 401, []string{isProblem, "WWW-Authenticate: Bearer"}, strings.Replace(problem("token_missing", "401", ""), "problem:token_missing", "problem:token_expired", 1)},
		"a code that is unknown":      {"GET " + classPath, 404, []string{isProblem}, problem("gone", "404", "")},
		"no errors of fields":         {"PATCH " + messagePath, 422, []string{isProblem}, problem("invalid_field", "422", "")},
		"the current of another kind": {"PATCH " + classPath, 412, []string{isProblem}, problem("version_mismatch", "412", `,"current":`+member)},
		"a signal in the log":         {"GET " + classPath + "/events", 200, []string{isJSON}, `{"events":[` + frames["heartbeat"].data + `],"cursor":"` + cursor + `"}`},
		"a text that lives on":        {"GET " + messagePath, 200, []string{isJSON, tag}, strings.Replace(tombstone, `"text":null`, `"text":"Hi"`, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			if err := a.check(t); err == nil {
				t.Error("accepted")
			}
		})
	}
}
