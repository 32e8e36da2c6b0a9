package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

// TestBody sends bodies that are wrong in every way to the calls that take one.
// Bad input does not reach the database, so one kind is enough.
func TestBody(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{})
	message := r.as(t, anna).Post(r.class, "to edit")
	announced := r.as(t, anna).Announce(r.class, "announcements", draft("announcements"))

	calls := []struct {
		what, method, path, good, field string
	}{
		{"create a class", "POST", "/v1/classes", `{"name":"x"}`, "name"},
		{"rename a class", "PATCH", r.path(), `{"name":"x"}`, "name"},
		{"set a member", "PUT", r.path("members", "newbie"), `{"role":"student"}`, "role"},
		{"post a message", "POST", r.path("messages"), `{"text":"x"}`, "text"},
		{"announce", "POST", r.path("announcements"), `{"text":"x","title":"x"}`, "title"},
		{"change an announcement", "PATCH", r.path("announcements", announced.ID), `{"title":"x"}`, "title"},
		{"give an assignment", "POST", r.path("assignments"), `{"text":"x","due_at":"` + later(time.Hour) + `","title":"x"}`, "title"},
		{"edit a message", "PATCH", r.path("messages", message.ID), `{"text":"x"}`, "text"},
	}
	for _, call := range calls {
		t.Run(call.what, func(t *testing.T) {
			c := r.as(t, anna)
			send := func(body any, headers ...string) *harness.Response {
				return c.Do(call.method, call.path, body, headers...)
			}
			for what, body := range malformed(call.field, call.good) {
				t.Run(what, func(t *testing.T) {
					r.as(t, anna).Do(call.method, call.path, body).WantProblem(http.StatusBadRequest, "invalid_body")
				})
			}
			for _, huge := range []string{
				`{"` + call.field + `":"` + strings.Repeat("a", 70<<10) + `"}`,
				call.good + strings.Repeat(" ", 70<<10),
			} {
				send(huge).WantProblem(http.StatusRequestEntityTooLarge, "body_too_large")
			}
			for _, contentType := range []string{
				"text/plain", "application/x-www-form-urlencoded", "application/json; charset=iso-8859-1", "application/json; charset=utf-16",
				"application/jsonx", "application/", "json", "multipart/form-data; boundary=x", "application/problem+json",
			} {
				send(call.good, "Content-Type", contentType).WantProblem(http.StatusUnsupportedMediaType, "unsupported_media_type")
			}
			send(call.good, "Content-Type", "").WantProblem(http.StatusUnsupportedMediaType, "unsupported_media_type")
			for _, contentType := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8", `application/json; charset="utf-8"`} {
				if resp := send(call.good, "Content-Type", contentType); resp.Status != http.StatusOK && resp.Status != http.StatusCreated {
					t.Errorf("%s: status %d: %s", contentType, resp.Status, resp.Body)
				}
			}
			p := send(`{}`).WantProblem(http.StatusUnprocessableEntity, "invalid_field")
			if len(p.Errors) == 0 || p.Errors[0].Field != call.field || p.Errors[0].Message == "" {
				t.Errorf("without %s: errors %+v", call.field, p.Errors)
			}
		})
	}
}

// malformed are bodies that are no object of the right shape.
func malformed(field, good string) map[string]string {
	return map[string]string{
		"empty":                      "",
		"only space":                 "  \n",
		"no JSON":                    "hello",
		"cut off":                    good[:len(good)-1],
		"cut off in a string":        good[:len(good)-2],
		"null":                       "null",
		"an array":                   "[" + good + "]",
		"a string":                   `"` + field + `"`,
		"a number":                   "7",
		"trailing data":              good + "x",
		"a second object":            good + good,
		"a trailing comma":           good[:len(good)-1] + ",}",
		"single quotes":              strings.ReplaceAll(good, `"`, "'"),
		"a comment":                  good + "// hello",
		"an unknown field":           good[:len(good)-1] + `,"nope":1}`,
		"a field of the answer":      good[:len(good)-1] + `,"version":1}`,
		"a field in another case":    strings.Replace(good, field, strings.ToUpper(field), 1),
		"a number for the field":     `{"` + field + `":7}`,
		"an object for the field":    `{"` + field + `":{"a":1}}`,
		"an array for the field":     `{"` + field + `":["x"]}`,
		"a boolean for the field":    `{"` + field + `":true}`,
		"invalid UTF-8":              `{"` + field + `":"a` + "\xff" + `b"}`,
		"overlong UTF-8":             `{"` + field + `":"a` + "\xc0\x80" + `b"}`,
		"a surrogate in UTF-8":       `{"` + field + `":"a` + "\xed\xa0\x80" + `b"}`,
		"a bad escape":               `{"` + field + `":"a\x41b"}`,
		"a raw newline in a string":  "{\"" + field + "\":\"a\nb\"}",
		"UTF-16":                     "\xff\xfe{\x00}\x00",
		"a byte order mark":          "\xef\xbb\xbf" + good,
		"a NUL after it":             good + "\x00",
		"deep nesting":               strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000),
		"a prototype":                good[:len(good)-1] + `,"__proto__":{}}`,
		"an empty name of a field":   good[:len(good)-1] + `,"":1}`,
		"a huge number in the field": `{"` + field + `":1e999}`,
	}
}
