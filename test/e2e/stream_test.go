package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

func TestStream(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db, Args: []string{"--heartbeat", "200ms", "--retry", "1s"}})

		t.Run("the first frame says that it is live, and from where", func(t *testing.T) {
			stream := r.as(t, ben).Stream(r.class)
			ready := stream.Ready()
			if ready.ID == "" || ready.ID != ready.Parsed.Cursor {
				t.Errorf("id %q, cursor %q", ready.ID, ready.Parsed.Cursor)
			}
			if ready.Parsed.Class != r.class || ready.Parsed.Connection == "" || ready.Parsed.HeartbeatMS != 200 {
				t.Errorf("ready %s", ready.Data)
			}
			if int64(ready.Retry) != ready.Parsed.RetryMS || ready.Retry < 500 || ready.Retry > 1500 {
				t.Errorf("retry: %d, retry_ms %d, want half to 1.5 times a second", ready.Retry, ready.Parsed.RetryMS)
			}
			if age := time.Since(ready.Parsed.At); age > time.Hour || age < -time.Hour {
				t.Errorf("at %v", ready.Parsed.At)
			}
		})

		t.Run("every connection draws its own retry and name", func(t *testing.T) {
			retries, names := map[int]bool{}, map[string]bool{}
			for range 12 {
				ready := r.as(t, ben).Stream(r.class).Ready()
				retries[ready.Retry] = true
				names[ready.Parsed.Connection] = true
			}
			if len(retries) < 3 || len(names) != 12 {
				t.Errorf("12 connections have %d retry times and %d names", len(retries), len(names))
			}
		})

		t.Run("heartbeats come without an id", func(t *testing.T) {
			stream := r.as(t, ben).Stream(r.class)
			cursor := stream.Ready().ID
			stream.Quiet(3)
			if stream.Cursor() != cursor {
				t.Errorf("heartbeats have moved the cursor from %s to %s", cursor, stream.Cursor())
			}
		})

		t.Run("what happens arrives live and in order", func(t *testing.T) {
			r := furnish(t, r.srv)
			stream := r.as(t, dora).Stream(r.class)
			stream.Ready()
			author, teacher := r.as(t, ben), r.as(t, anna)
			m := author.Post(r.class, "first")
			edited := author.Edit(r.class, m.ID, "first, corrected")
			author.Delete(r.class, m.ID)
			joined := teacher.AddMember(r.class, hugo, "student")
			teacher.Do("PUT", r.path("members", hugo.ID), map[string]string{"role": "assistant"}).Want(http.StatusOK)
			teacher.Do("PATCH", r.path(), map[string]string{"name": "Biology, advanced"}).Want(http.StatusOK)
			teacher.RemoveMember(r.class, hugo)

			seq := m.Seq
			check := func(kind string, actor harness.User, data any) json.RawMessage {
				t.Helper()
				f := stream.Event()
				if f.Event != kind || f.Parsed.Actor != actor.ID || f.Parsed.Seq != seq || f.Parsed.Class != r.class {
					t.Fatalf("got %s %s, want %s number %d by %s", f.Event, f.Data, kind, seq, actor.ID)
				}
				seq++
				if data != nil {
					checkSameJSON(t, kind, f.Parsed.Data, data)
				}
				return f.Parsed.Data
			}
			check("message.created", ben, m)
			check("message.updated", ben, edited)
			var stone harness.Message
			unmarshal(t, check("message.deleted", ben, nil), &stone)
			if stone.ID != m.ID || stone.Text != nil || stone.DeletedAt == nil {
				t.Errorf("message.deleted has %+v", stone)
			}
			check("member.joined", anna, joined)
			var member harness.Member
			unmarshal(t, check("member.updated", anna, nil), &member)
			if member.User != hugo.ID || member.Role != "assistant" || member.Version != 2 {
				t.Errorf("member.updated has %+v", member)
			}
			var class map[string]any
			unmarshal(t, check("class.updated", anna, nil), &class)
			if _, hasRole := class["role"]; hasRole || class["name"] != "Biology, advanced" || class["id"] != r.class {
				t.Errorf("class.updated has %v", class)
			}
			check("member.left", anna, member)
		})

		t.Run("the log of a class starts with its teacher joining", func(t *testing.T) {
			teacher := r.as(t, anna)
			class := teacher.CreateClass("Brand new")
			history := teacher.History(class.ID, "")
			if len(history) != 1 || history[0].Seq != 1 || history[0].Type != "member.joined" || history[0].Member().User != anna.ID {
				t.Errorf("history %+v", history)
			}
		})

		t.Run("events of one class don't reach another", func(t *testing.T) {
			mine, other := furnish(t, r.srv), furnish(t, r.srv)
			stream := mine.as(t, ben).Stream(mine.class)
			stream.Ready()
			other.as(t, ben).Post(other.class, "over there")
			mine.as(t, ben).Post(mine.class, "over here")
			if f := stream.Event(); !harness.Created("over here")(f) {
				t.Errorf("got %s", f.Data)
			}
		})

		t.Run("a stream knows no other method", func(t *testing.T) {
			resp := r.as(t, ben).Do("POST", r.path("stream"), nil)
			resp.WantProblem(http.StatusMethodNotAllowed, "method_not_allowed")
		})

		t.Run("the log tells of a stream's open and close", func(t *testing.T) {
			stream := r.as(t, ben).Stream(r.class)
			ready := stream.Ready()
			r.as(t, anna).Post(r.class, "for the log")
			stream.WaitFor("the message", harness.Created("for the log"))
			stream.Cut()
			attrs := map[string]string{"connection": ready.Parsed.Connection}
			opened := r.srv.WaitLog(t, "stream opened", attrs)
			closed := r.srv.WaitLog(t, "stream closed", attrs)
			if opened.Text("class") != r.class || opened.Text("user") != ben.ID || closed.Text("reason") == "" {
				t.Errorf("opened %v, closed %v", opened, closed)
			}
			if events, _ := closed["events"].(float64); events < 1 {
				t.Errorf("closed after %v events", closed["events"])
			}
			if size, _ := closed["bytes"].(float64); int(size) < len(ready.Data) {
				t.Errorf("closed after %v bytes", closed["bytes"])
			}
			if _, ok := closed["duration_ms"].(float64); !ok {
				t.Errorf("closed after %v ms", closed["duration_ms"])
			}
		})

		t.Run("no log line has a token in it", func(t *testing.T) {
			token := ben.Token(t, time.Hour)
			client := r.srv.With(t, token)
			client.Stream(r.class).Ready()
			client.Get(r.path("events") + "?after=garbage").Want(http.StatusBadRequest)
			for _, line := range r.srv.Logs().Lines() {
				if strings.Contains(line, token) || strings.Contains(line, harness.Secret) {
					t.Errorf("logged: %s", line)
				}
			}
		})
	})
}

// checkSameJSON compares an event's data with the object that a call answered.
func checkSameJSON(t *testing.T, what string, got json.RawMessage, want any) {
	t.Helper()
	encoded, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := canonical(t, got), canonical(t, encoded); a != b {
		t.Errorf("%s: data is %s, want %s", what, a, b)
	}
}

// canonical is JSON with sorted keys, times in one spelling and no spaces.
func canonical(t *testing.T, raw []byte) string {
	t.Helper()
	var object map[string]any
	unmarshal(t, raw, &object)
	for key, value := range object {
		if text, ok := value.(string); ok && strings.HasSuffix(key, "_at") {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			object[key] = at.UTC().Format(time.RFC3339Nano)
		}
	}
	out, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func unmarshal(t *testing.T, raw []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(fmt.Errorf("%w: %s", err, raw))
	}
}
