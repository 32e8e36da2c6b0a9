package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

// hostile are texts that somebody might hope to break a frame with, or a page, or a reader.
var hostile = []string{
	"a\nb", "a\r\nb", "a\rb", "a\n\nb", "\n\n", "\ndata: x\n\n", "x\nevent: message.created\ndata: {}\n\n", "x\nid: 0\n\n", "id: ", "data:", ": comment", "retry: 0",
	"event: stream.closing", "a\x00b", "a\vb", "a\fb", "a\x1b[2Jb", "a\x7fb", "a\u0085b", "a\u2028b", "a\u2029b", "\u2028\u2029", "\ufeffa", "a\ufeffb", "a\ufffeb", "a\uffffb", "a\U0010ffffb",
	"a\u202eb", "a\u2066b\u2069", "a\u200db\u200c", "a\u200bb", "👩‍👩‍👧‍👦", "z" + strings.Repeat("\u0301\u0327", 45), "\ufffd", "\U000e0001\U000e0041",
	`</script><img src=x onerror="window.ran=true">`, `<script>window.ran=true</script>`, `javascript:window.ran=true`, `"><svg onload=window.ran=true>`, `{{constructor}}`, `${window.ran=true}`,
	"<!--", "]]>", "&lt;b&gt;", `\u000adata: x`, `\n\ndata: x`, `"},"type":"stream.closing","x":{"`, `'; DROP TABLE messages; --`, "%0a%0adata:%20x", "../../etc/passwd", "$(reboot)", "\\", `"`,
}

// rawHostile are JSON strings that stand for no text, or for one of 4 MB.
var rawHostile = []string{
	`"\ud800"`, `"\udc00\ud800"`, `"a\ud83ea"`, "\"\xff\"", "\"a\xc0\x8ab\"", "\"\xc0\x80\"", "\"\xe0\x80\x8a\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xf0\x9f\x98\"", "\"a\nb\"", "\"a\r\n\r\nb\"",
	`"` + strings.Repeat("🧪", 1<<20) + `"`,
}

// hostileField is what a user can set and others receive: how it is set, and where it comes.
type hostileField struct {
	what  string
	event string
	name  string // of the member in the event's data
	send  func(value string) *harness.Response
	after func(*harness.Response) // has been looked at; nil: nothing is to be done
}

// TestHostileText puts hostile texts into everything that ends up in a frame. Either they are refused, or they come back
// as they were, in one frame of one line.
func TestHostileText(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db})
		c := r.as(t, anna)
		message := c.Post(r.class, "to edit")
		announced := c.Announce(r.class, "announcements", draft("announcements"))
		set := func(method, path, before string) func(string) *harness.Response {
			return func(value string) *harness.Response { return c.Do(method, path, before+value+"}") }
		}
		stream := r.as(t, dora).Stream(r.class)
		stream.Ready()
		for _, field := range []hostileField{
			{"a message", "message.created", "text", set("POST", r.path("messages"), `{"text":`), nil},
			{"an edit", "message.updated", "text", set("PATCH", r.path("messages", message.ID), `{"text":`), nil},
			{"the name of a class", "class.updated", "name", set("PATCH", r.path(), `{"name":`), nil},
			{"the name of a member", "member.updated", "name", set("PUT", r.path("members", ben.ID), `{"role":"student","name":`), nil},
			{"a title", "announcement.created", "title", set("POST", r.path("announcements"), `{"text":"x","title":`), nil},
			{"an announcement", "announcement.updated", "text", set("PATCH", r.path("announcements", announced.ID), `{"text":`), nil},
			{"an assignment", "assignment.created", "text", set("POST", r.path("assignments"), `{"title":"x","due_at":"`+later(48*time.Hour)+`","text":`), nil},
			{"a notice", "system.notice", "text", func(value string) *harness.Response {
				return r.as(t, root).Do("POST", "/v1/system/notices", `{"level":"info","expires_at":"`+later(time.Hour)+`","text":`+value+`}`)
			}, func(resp *harness.Response) { // there may only be so many
				r.as(t, root).Do("DELETE", resp.Header.Get("Location"), nil).Want(http.StatusNoContent)
				stream.WaitFor("its end", harness.OfType("system.notice"))
			}},
		} {
			t.Run(field.what, func(t *testing.T) {
				var taken int
				for _, text := range hostile {
					encoded, err := json.Marshal(text)
					if err != nil {
						t.Fatal(err)
					}
					resp := field.send(string(encoded))
					if resp.Status >= http.StatusBadRequest {
						resp.WantProblem(http.StatusUnprocessableEntity, "invalid_field")
						continue
					}
					taken++
					wantText(t, field.name, text, resp.Body)
					frame := stream.WaitFor(field.event, harness.OfType(field.event))
					wantText(t, field.name, text, frame.Parsed.Data)
					if strings.ContainsAny(frame.Data, "\r\n\u2028\u2029") {
						t.Errorf("%q has several lines: %q", text, frame.Data)
					}
					if field.after != nil {
						field.after(resp)
					}
				}
				for _, raw := range rawHostile {
					if resp := field.send(raw); resp.Status != http.StatusBadRequest && resp.Status != http.StatusRequestEntityTooLarge {
						t.Errorf("%.40q: status %d: %.300s", raw, resp.Status, resp.Body)
					}
				}
				if taken < 20 {
					t.Errorf("only %d of the texts were taken", taken)
				}
			})
		}
		t.Run("none of them made a frame of its own", func(t *testing.T) {
			c.Post(r.class, "the end")
			stream.WaitFor("the last message", harness.Created("the end"))
			log, last := map[int64]string{}, int64(0)
			for _, e := range c.History(r.class, "") {
				log[e.Seq] = e.Type
			}
			for _, e := range stream.Events() {
				if log[e.Seq] != e.Type || last != 0 && e.Seq != last+1 {
					t.Errorf("after %d came %d, %s; the log has %q there", last, e.Seq, e.Type, log[e.Seq])
				}
				last = e.Seq
			}
			if int(last) != len(log) {
				t.Errorf("the stream ends with %d, the log with %d", last, len(log))
			}
		})
		t.Run("users", func(t *testing.T) { hostileUsers(t, r, stream) })
	})
}

// wantText checks a member of an object.
func wantText(t *testing.T, name, want string, object []byte) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(object, &got); err != nil {
		t.Fatalf("%v: %q", err, object)
	}
	if got[name] != want {
		t.Errorf("%q came back as %q", want, got[name])
	}
}

// hostileUsers have hostile ids and names in their tokens, and hostile keys.
func hostileUsers(t *testing.T, r room, stream *harness.Stream) {
	t.Helper()
	var taken int
	for _, text := range hostile {
		user := harness.User{ID: text, Name: "x"}
		resp := r.srv.With(t, user.Token(t, time.Hour)).Get("/v1/classes")
		if resp.Status != http.StatusOK {
			resp.WantProblem(http.StatusUnauthorized, "token_invalid")
			continue
		}
		taken++
		put := r.as(t, anna).Do("PUT", r.path("members", text), map[string]string{"role": "student", "name": "x"})
		if put.Status != http.StatusCreated {
			t.Errorf("%q has a token and can't be a member: status %d: %s", text, put.Status, put.Body)
			continue
		}
		wantText(t, "user", text, stream.WaitFor("member.joined", harness.OfType("member.joined")).Parsed.Data)
		r.as(t, user).Do("POST", r.path("messages"), `{"text":"I am"}`, "Idempotency-Key", `k"\data:</script>`).Want(http.StatusCreated)
		frame := stream.WaitFor("message.created", harness.OfType("message.created"))
		wantText(t, "author", text, frame.Parsed.Data)
		if frame.Parsed.Actor != text || strings.ContainsAny(frame.Data, "\r\n\u2028\u2029") {
			t.Errorf("%q acts as %q: %q", text, frame.Parsed.Actor, frame.Data)
		}
	}
	if taken < 15 {
		t.Errorf("only %d of the ids were taken", taken)
	}
	for _, name := range hostile {
		user := harness.User{ID: "named", Name: name}
		if resp := r.srv.With(t, user.Token(t, time.Hour)).Get("/v1/classes"); resp.Status != http.StatusOK {
			resp.WantProblem(http.StatusUnauthorized, "token_invalid")
		}
	}
}
