package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"homeroom/test/harness"
)

func TestThread(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db, Args: []string{"--retry", "100ms"}})

		t.Run("a reply names its parent, and the parent counts it", func(t *testing.T) {
			r := furnish(t, srv)
			parent := r.as(t, ben).Post(r.class, "Why is the sky blue?")
			if parent.ReplyCount != 0 || parent.LastReplyAt != nil {
				t.Errorf("a new message has replies: %+v", parent)
			}
			reply := r.as(t, anna).Reply(r.class, parent.ID, "Scattering.")
			if reply.ParentID == nil || *reply.ParentID != parent.ID || reply.Version != 1 {
				t.Errorf("reply %+v", reply)
			}
			wantReplies(t, r, parent.ID, 1, &reply)
			second := r.as(t, dora).Reply(r.class, parent.ID, "Of what?")
			wantReplies(t, r, parent.ID, 2, &second)
			if now := r.as(t, ben).Message(r.class, parent.ID); now.Version != 3 || now.EditedAt != nil || *now.Text != *parent.Text {
				t.Errorf("two replies made it %+v", now)
			}
		})

		t.Run("null is no parent, an id in any case is one", func(t *testing.T) {
			r := furnish(t, srv)
			var m, reply harness.Message
			r.as(t, ben).Do("POST", r.path("messages"), `{"text":"top","parent_id":null}`).Want(http.StatusCreated).Into(&m)
			if m.ParentID != nil {
				t.Errorf("parent %q", *m.ParentID)
			}
			body := fmt.Sprintf(`{"text":"reply","parent_id":%q}`, upper(m.ID))
			r.as(t, ben).Do("POST", r.path("messages"), body).Want(http.StatusCreated).Into(&reply)
			if reply.ParentID == nil || *reply.ParentID != m.ID {
				t.Errorf("reply %+v", reply)
			}
		})

		t.Run("what can't be replied to", func(t *testing.T) {
			r, elsewhere := furnish(t, srv), furnish(t, srv)
			parent := r.as(t, ben).Post(r.class, "top")
			reply := r.as(t, anna).Reply(r.class, parent.ID, "a reply")
			stranger := elsewhere.as(t, ben).Post(elsewhere.class, "in another class")
			gone := r.as(t, ben).Post(r.class, "gone")
			r.as(t, ben).Delete(r.class, gone.ID)
			before := r.as(t, ben).Cursor(r.class)
			for id, code := range map[string]string{
				"01890a5d-ac96-774b-bcce-b302099a8057": "parent_not_found", stranger.ID: "parent_not_found",
				reply.ID: "parent_is_reply", gone.ID: "parent_deleted",
			} {
				body := map[string]string{"text": "why not?", "parent_id": id}
				r.as(t, ben).Do("POST", r.path("messages"), body).WantProblem(http.StatusUnprocessableEntity, code)
			}
			for _, id := range []string{"", "sky", parent.ID + "0", "{" + parent.ID + "}"} {
				wantFieldError(t, r.as(t, ben).Do("POST", r.path("messages"), map[string]string{"text": "why not?", "parent_id": id}), "parent_id")
			}
			r.as(t, ben).Do("POST", r.path("messages"), `{"text":"x","parent_id":7}`).WantProblem(http.StatusBadRequest, "invalid_body")
			if events := r.as(t, ben).History(r.class, before); len(events) != 0 {
				t.Errorf("refused replies made events: %+v", events)
			}
		})

		t.Run("everyone hears of the reply, then of its parent", func(t *testing.T) {
			r := furnish(t, srv)
			parent := r.as(t, ben).Post(r.class, "question")
			stream := r.as(t, dora).Stream(r.class)
			stream.Ready()
			reply := r.as(t, clio).Reply(r.class, parent.ID, "answer")
			wantUpdate := func(count int64) {
				t.Helper()
				f := stream.Event()
				m := f.Parsed.Message()
				if f.Event != "message.updated" || m.ID != parent.ID || m.ReplyCount != count || (m.LastReplyAt != nil) != (count > 0) || f.Parsed.Actor != clio.ID {
					t.Errorf("after the reply's event comes %s %s", f.Event, f.Data)
				}
			}
			if f := stream.Event(); f.Event != "message.created" || f.Parsed.Message().ID != reply.ID {
				t.Errorf("first comes %s %s", f.Event, f.Data)
			}
			wantUpdate(1)
			r.as(t, clio).Delete(r.class, reply.ID)
			if f := stream.Event(); f.Event != "message.deleted" || f.Parsed.Message().ID != reply.ID {
				t.Errorf("then comes %s %s", f.Event, f.Data)
			}
			wantUpdate(0)
		})

		t.Run("a deleted reply no longer counts, a deleted parent keeps its thread", func(t *testing.T) {
			r := furnish(t, srv)
			parent := r.as(t, ben).Post(r.class, "question")
			first := r.as(t, anna).Reply(r.class, parent.ID, "first")
			second := r.as(t, dora).Reply(r.class, parent.ID, "second")
			r.as(t, dora).Delete(r.class, second.ID)
			wantReplies(t, r, parent.ID, 1, &first)
			r.as(t, ben).Delete(r.class, parent.ID)
			if stone := r.as(t, dora).Message(r.class, parent.ID); stone.Text != nil || stone.ReplyCount != 1 {
				t.Errorf("tombstone %+v", stone)
			}
			thread := harness.List[harness.Message](r.as(t, dora), r.path("messages", parent.ID, "replies"), url.Values{})
			if got := texts(thread); !slices.Equal(got, []string{"first", "-"}) {
				t.Errorf("thread %v", got)
			}
			r.as(t, anna).Delete(r.class, first.ID)
			wantReplies(t, r, parent.ID, 0, nil)
		})

		t.Run("a thread is read both ways, and the top without it", func(t *testing.T) {
			r := furnish(t, srv)
			parent := r.as(t, ben).Post(r.class, "top 0")
			var thread, top, all []string
			top, all = append(top, "top 0"), append(all, "top 0")
			for i := range 5 {
				reply, beside := fmt.Sprintf("reply %d", i), fmt.Sprintf("top %d", i+1)
				r.as(t, anna).Reply(r.class, parent.ID, reply)
				r.as(t, ben).Post(r.class, beside)
				thread, top, all = append(thread, reply), append(top, beside), append(all, reply, beside)
			}
			read := func(path string, query url.Values) []string {
				query.Set("limit", "2")
				return texts(harness.List[harness.Message](r.as(t, dora), path, query))
			}
			replies := r.path("messages", parent.ID, "replies")
			for _, tt := range []struct {
				path, query string
				want        []string
				backward    bool
			}{
				{replies, "", thread, false}, {replies, "order=asc", thread, false}, {replies, "order=desc", thread, true},
				{r.path("messages"), "thread=top", top, true}, {r.path("messages"), "thread=top&order=asc", top, false},
				{r.path("messages"), "thread=all&order=asc", all, false}, {r.path("messages"), "", all, true},
			} {
				query, _ := url.ParseQuery(tt.query)
				want := slices.Clone(tt.want)
				if tt.backward {
					slices.Reverse(want)
				}
				if got := read(tt.path, query); !slices.Equal(got, want) {
					t.Errorf("%s?%s: %v, want %v", tt.path, tt.query, got, want)
				}
			}
			elsewhere := furnish(t, srv)
			elsewhere.as(t, ben).Get(elsewhere.path("messages", parent.ID, "replies")).WantProblem(http.StatusNotFound, "not_found")
		})

		t.Run("a stream from a thread's cursor goes on without a gap", func(t *testing.T) {
			r := furnish(t, srv)
			parent := r.as(t, ben).Post(r.class, "question")
			r.as(t, anna).Reply(r.class, parent.ID, "listed")
			cursor := r.as(t, dora).Get(r.path("messages", parent.ID, "replies")).Want(http.StatusOK).Header.Get("Homeroom-Cursor")
			r.as(t, anna).Reply(r.class, parent.ID, "streamed")
			stream := r.as(t, dora).Stream(r.class, harness.From(cursor))
			stream.Ready()
			if f := stream.Event(); !harness.Created("streamed")(f) {
				t.Errorf("first comes %s %s", f.Event, f.Data)
			}
		})

		t.Run("many reply and delete at once, and the count is right at every event", func(t *testing.T) {
			replyAtOnce(t, furnish(t, srv))
		})
	})
}

func upper(id string) string {
	letters := []byte(id)
	for i, c := range letters {
		if 'a' <= c && c <= 'f' {
			letters[i] = c - 'a' + 'A'
		}
	}
	return string(letters)
}

// wantReplies checks what a message says of its replies.
func wantReplies(t *testing.T, r room, id string, count int64, last *harness.Message) {
	t.Helper()
	m := r.as(t, anna).Message(r.class, id)
	if m.ReplyCount != count || (m.LastReplyAt == nil) != (last == nil) || last != nil && !m.LastReplyAt.Equal(last.CreatedAt) {
		t.Errorf("%d replies, the last at %v; want %d, %+v", m.ReplyCount, m.LastReplyAt, count, last)
	}
}

// replyAtOnce has many clients reply to few parents, and delete some replies again. Whoever follows the class can
// check after every event that a parent says what is there.
func replyAtOnce(t *testing.T, r room) {
	clients, each := scale(20, 20, 8), scale(15, 8, 4)
	var parents []string
	for i := range 3 {
		parents = append(parents, r.as(t, anna).Post(r.class, fmt.Sprintf("parent %d", i)).ID)
	}
	start := r.as(t, anna).Cursor(r.class)
	var writing sync.WaitGroup
	for range clients {
		c := r.as(t, ben)
		writing.Go(func() {
			for i := range each {
				reply, err := c.TryReply(t.Context(), r.class, parents[rand.IntN(len(parents))], "me too")
				if err == nil && i%3 == 0 {
					_, err = c.Send(t.Context(), harness.Call{Method: http.MethodDelete, Path: r.path("messages", reply.ID)})
				}
				if err != nil {
					t.Errorf("reply: %v", err)
					return
				}
			}
		})
	}
	writing.Wait()

	type thread struct {
		ids   []string // replies that are not deleted
		times map[string]time.Time
	}
	threads := map[string]*thread{}
	for _, id := range parents {
		threads[id] = &thread{times: map[string]time.Time{}}
	}
	last := map[string]harness.Message{}
	due := "" // the parent whose update must come next
	for _, e := range r.as(t, anna).History(r.class, start) {
		m := e.Message()
		if due != "" && (e.Type != "message.updated" || m.ID != due) {
			t.Fatalf("event %d is %s, and the update of %s is due", e.Seq, e.Type, due)
		}
		switch e.Type {
		case "message.created":
			th := threads[*m.ParentID]
			th.ids, th.times[m.ID], due = append(th.ids, m.ID), m.CreatedAt, *m.ParentID
		case "message.deleted":
			th := threads[*m.ParentID]
			th.ids, due = slices.DeleteFunc(th.ids, func(id string) bool { return id == m.ID }), *m.ParentID
		case "message.updated":
			th := threads[m.ID]
			if due == "" || m.ReplyCount != int64(len(th.ids)) ||
				m.ReplyCount > 0 && !m.LastReplyAt.Equal(th.times[th.ids[len(th.ids)-1]]) {
				t.Errorf("event %d says %d replies, the last at %v; there are %d", e.Seq, m.ReplyCount, m.LastReplyAt, len(th.ids))
			}
			last[m.ID], due = m, ""
		}
	}
	for _, id := range parents {
		if now := r.as(t, anna).Message(r.class, id); now.ReplyCount != last[id].ReplyCount || now.Version != last[id].Version || int(now.ReplyCount) != len(threads[id].ids) {
			t.Errorf("stored %+v, told %+v, %d are there", now, last[id], len(threads[id].ids))
		}
	}
}
