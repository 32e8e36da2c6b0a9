package e2e_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

// The texts of the stories.
const (
	again = "buy my old bicycle"
	links = "www.a.org www.b.org www.c.org www.d.org www.e.org www.f.org" // one more than a message may have
)

// longPause is one that outlives any story.
const longPause = "10m"

// newPupil is a student of the class who has posted nothing yet, on any server.
func (r room) newPupil(t *testing.T, name string) harness.User {
	t.Helper()
	user := harness.Student(name)
	r.as(t, anna).AddMember(r.class, user, "student")
	return user
}

// post tries to post a text.
func (r room) post(t *testing.T, user harness.User, text string, headers ...string) *harness.Response {
	t.Helper()
	return r.as(t, user).Do(http.MethodPost, r.path("messages"), map[string]string{"text": text}, headers...)
}

// told is how many seconds a refusal says that its caller has to wait: in its header, and the same in its detail.
func told(t *testing.T, resp *harness.Response, code string) int {
	t.Helper()
	p := resp.WantProblem(http.StatusTooManyRequests, code)
	wait, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || wait < 1 {
		t.Fatalf("Retry-After %q", resp.Header.Get("Retry-After"))
	}
	in := fmt.Sprintf("%d s.", wait)
	if minutes := wait / 60; minutes > 0 {
		in = strings.TrimSuffix(fmt.Sprintf("%d min %d s", minutes, wait%60), " 0 s") + "."
	}
	if !strings.HasSuffix(p.Detail, "You can post again in "+in) {
		t.Errorf("told to wait %d s: %s", wait, p.Detail)
	}
	return wait
}

func TestSpam(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db, Limits: true, Args: []string{
			"--spam-pause", longPause, "--spam-mentions", "4", "--spam-repeats", "2",
		}})
		r := furnish(t, srv)
		stream := r.as(t, dora).Stream(r.class)
		stream.Ready()
		before := heldTotals(t, srv)

		t.Run("each rule holds back what breaks it", func(t *testing.T) {
			classes := []room{r, furnish(t, srv), furnish(t, srv)}
			for _, c := range []struct {
				reason string
				passes []string // posts that pass, then one that doesn't
				spread bool     // over the classes
				held   string
			}{
				{"repeat", []string{again, "  BUY my old BICYCLE!!! "}, false, "Buy my old bicycle."},
				{"repeat", []string{again, again}, true, again},
				{"links", nil, false, links},
				{"links", []string{"see http://a.org and https://b.org", "c.org/x d.org/y www.e.org"}, false, "and www.f.org"},
				{"mentions", []string{"@ben @dora", "@clio and @anna"}, false, "@anna again"},
				{"flood", numbered(10), true, "the eleventh"},
			} {
				user := harness.Student(fmt.Sprintf("%s-%v-%d", c.reason, c.spread, len(c.passes)))
				for _, class := range classes {
					class.as(t, anna).AddMember(class.class, user, "student")
				}
				for i, text := range c.passes {
					at := classes[0]
					if c.spread {
						at = classes[i%len(classes)]
					}
					at.post(t, user, text).Want(http.StatusCreated)
				}
				if wait := told(t, r.post(t, user, c.held), "held_back"); wait != 600 {
					t.Errorf("%s: a pause of %d s", c.reason, wait)
				}
				held := r.as(t, anna).Held(r.class)[0]
				if held.Author != user.ID || held.Text != c.held || held.Reason != c.reason || held.Class != r.class ||
					held.PausedUntil.Sub(held.HeldAt) != 10*time.Minute || time.Since(held.HeldAt).Abs() > harness.Patience {
					t.Errorf("held: %+v", held)
				}
				for _, class := range classes {
					told(t, class.post(t, user, "sorry"), "paused")
				}
			}
		})

		t.Run("teachers, assistants and admins are exempt", func(t *testing.T) {
			for _, user := range []harness.User{anna, clio, root} {
				for range 4 {
					r.post(t, user, again).Want(http.StatusCreated)
				}
				r.post(t, user, links).Want(http.StatusCreated)
			}
		})

		t.Run("an edit that adds too much is not made", func(t *testing.T) {
			user := r.newPupil(t, "editor")
			m := r.as(t, user).Post(r.class, "a question")
			path := r.path("messages", m.ID)
			for _, refusal := range []string{"held_back", "paused"} {
				told(t, r.as(t, user).Do(http.MethodPatch, path, map[string]string{"text": links}), refusal)
			}
			if now := r.as(t, user).Message(r.class, m.ID); now.Version != 1 {
				t.Errorf("edited: %+v", now)
			}
			r.as(t, user).Delete(r.class, m.ID)
		})

		t.Run("a repeated call is no repeated text", func(t *testing.T) {
			user := r.newPupil(t, "retrier")
			for range 5 {
				r.post(t, user, again, "Idempotency-Key", "k").Want(http.StatusCreated)
			}
			r.post(t, user, again, "Idempotency-Key", "l").Want(http.StatusCreated)
			told(t, r.post(t, user, again, "Idempotency-Key", "m"), "held_back")
			told(t, r.post(t, user, again, "Idempotency-Key", "m"), "paused")
			r.post(t, user, again, "Idempotency-Key", "k").Want(http.StatusCreated)
		})

		t.Run("a teacher lets a message through", func(t *testing.T) {
			user := r.newPupil(t, "author")
			told(t, r.post(t, user, links+" @dora"), "held_back")
			held := r.as(t, anna).Held(r.class)[0]
			path := r.path("held-messages", held.ID, "release")
			resp := r.as(t, anna).Do(http.MethodPost, path, nil, "Idempotency-Key", "let-it").Want(http.StatusCreated)
			var m harness.Message
			resp.Into(&m)
			if m.Author != user.ID || m.Text == nil || *m.Text != held.Text || resp.Header.Get("ETag") != `"1"` {
				t.Errorf("released: %s", resp.Body)
			}
			if at := resp.Header.Get("Location"); at != r.path("messages", m.ID) {
				t.Errorf("Location %q", at)
			}
			told := stream.WaitFor("the message", harness.Created(held.Text))
			if told.Parsed.Actor != anna.ID || told.Parsed.Message().Author != user.ID {
				t.Errorf("the others hear %s", told.Data)
			}
			if n := stream.WaitFor("the mention", harness.Told("message.mention")).Parsed.Notification(); n.Actor != user.ID {
				t.Errorf("dora hears of %+v", n)
			}
			r.post(t, user, "thank you").Want(http.StatusCreated)
			again := r.as(t, anna).Do(http.MethodPost, path, nil, "Idempotency-Key", "let-it").Want(http.StatusCreated)
			if string(again.Body) != string(resp.Body) || again.Header.Get("Idempotency-Replayed") != "true" {
				t.Errorf("released again: %s", again.Body)
			}
			r.as(t, anna).Do(http.MethodPost, path, nil).WantProblem(http.StatusNotFound, "not_found")
		})

		t.Run("or dismisses it", func(t *testing.T) {
			user := r.newPupil(t, "dismissed")
			desk := r.as(t, anna).Stream(r.class)
			desk.Ready()
			told(t, r.post(t, user, links), "held_back")
			held := r.as(t, anna).Held(r.class)
			if n := desk.WaitFor("the word of it", harness.Told("message.held")).Parsed.Notification(); n.Actor != user.ID || n.Subject == nil || *n.Subject != held[0].ID {
				t.Errorf("anna hears of %+v", n)
			}
			desk.Cut()
			path := r.path("held-messages", held[0].ID)
			r.as(t, anna).Do(http.MethodDelete, path, nil).Want(http.StatusNoContent)
			r.as(t, anna).Do(http.MethodDelete, path, nil).WantProblem(http.StatusNotFound, "not_found")
			r.as(t, anna).Do(http.MethodPost, path+"/release", nil).WantProblem(http.StatusNotFound, "not_found")
			if left := r.as(t, root).Held(r.class); len(left) != len(held)-1 {
				t.Errorf("%d are left of %d", len(left), len(held))
			}
			told(t, r.post(t, user, "may I?"), "paused")
		})

		t.Run("not when its author has left, nor in an archived class", func(t *testing.T) {
			r := furnish(t, srv)
			user := r.newPupil(t, "leaver")
			told(t, r.post(t, user, links), "held_back")
			path := r.path("held-messages", r.as(t, anna).Held(r.class)[0].ID, "release")
			r.as(t, user).RemoveMember(r.class, user)
			r.as(t, anna).Do(http.MethodPost, path, nil).WantProblem(http.StatusConflict, "author_gone")
			r.as(t, anna).Do(http.MethodPatch, r.path(), `{"archived":true}`).Want(http.StatusOK)
			r.as(t, anna).Do(http.MethodPost, path, nil).WantProblem(http.StatusConflict, "class_archived")
		})

		t.Run("nobody else sees what was held back", func(t *testing.T) {
			held := r.as(t, anna).Held(r.class)[0]
			for _, c := range []struct {
				user   harness.User
				status int
				code   string
			}{{clio, http.StatusForbidden, "forbidden"}, {ben, http.StatusForbidden, "forbidden"}, {eve, http.StatusNotFound, "not_found"}} {
				r.as(t, c.user).Get(r.path("held-messages")).WantProblem(c.status, c.code)
				r.as(t, c.user).Do(http.MethodDelete, r.path("held-messages", held.ID), nil).WantProblem(c.status, c.code)
				r.as(t, c.user).Do(http.MethodPost, r.path("held-messages", held.ID, "release"), nil).WantProblem(c.status, c.code)
			}
			r.as(t, anna).Post(r.class, "the end")
			stream.WaitFor("the end", harness.Created("the end"))
			shown := map[string]bool{} // which two who may have posted too
			for _, f := range stream.Frames() {
				if f.Event == "notification.created" && f.Parsed.Notification().Kind == "message.held" {
					t.Errorf("dora is told: %s", f.Data)
				}
				if f.Event == "message.created" && f.Parsed.Actor == f.Parsed.Message().Author {
					shown[*f.Parsed.Message().Text] = true
				}
			}
			for _, text := range []string{"Buy my old bicycle.", "and www.f.org", "@anna again", "the eleventh", "sorry", "may I?", links + " @dora"} {
				if shown[text] {
					t.Errorf("%q was held back, and dora has it", text)
				}
			}
			if got := len(r.as(t, dora).History(r.class, "")); got == 0 {
				t.Error("the log is empty")
			}
		})

		t.Run("it is counted by reason", func(t *testing.T) {
			after := heldTotals(t, srv)
			for reason, want := range map[string]int{"repeat": 3, "flood": 1, "mentions": 1, "links": 6, "paused": 21} {
				if got := after[reason] - before[reason]; got != want {
					t.Errorf("%s: %d, want %d", reason, got, want)
				}
			}
		})
	})
}

// TestSpamPause waits for the end of pauses.
func TestSpamPause(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{Limits: true, Args: []string{"--post-limit", "100000", "--post-address-limit", "100000", "--spam-pause", "1s", "--spam-pause-factor", "2", "--spam-links", "off"}})
	for _, pause := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		told(t, r.post(t, ben, links), "held_back")
		held := r.as(t, anna).Held(r.class)[0]
		if got := held.PausedUntil.Sub(held.HeldAt); got != pause {
			t.Fatalf("a pause of %s, want %s", got, pause)
		}
		promised := held.PausedUntil
		for {
			asked := time.Now()
			resp := r.post(t, ben, "now?"+strconv.FormatInt(asked.UnixNano(), 10))
			if resp.Status == http.StatusCreated {
				var m harness.Message
				resp.Into(&m)
				if m.CreatedAt.Before(promised) {
					t.Errorf("posted at %s, paused until %s", m.CreatedAt, promised)
				}
				break
			}
			if asked.After(promised.Add(time.Millisecond)) { // the wire's times are whole ones
				t.Fatalf("still refused at %s, told until %s", asked, promised)
			}
			wait := time.Duration(told(t, resp, "paused")) * time.Second
			if left := time.Until(promised); wait < left {
				t.Errorf("told to wait %s, and %s are left", wait, left)
			}
		}
	}
}

// TestSpamOff posts with all limits off.
func TestSpamOff(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{})
	for range 10 {
		r.post(t, ben, links).Want(http.StatusCreated)
	}
}

// heldTotals are what was held back so far, by reason.
func heldTotals(t *testing.T, srv *harness.Server) map[string]int {
	t.Helper()
	totals := map[string]int{}
	for line := range strings.Lines(string(srv.With(t, "").Get("/metrics").Want(http.StatusOK).Body)) {
		var reason string
		var n int
		if _, err := fmt.Sscanf(line, "homeroom_messages_held_total{reason=%q} %d", &reason, &n); err == nil {
			totals[reason] = n
		}
	}
	if len(totals) != 5 {
		t.Fatalf("totals of %v", totals)
	}
	return totals
}

// numbered are so many different texts.
func numbered(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("message number %d", i)
	}
	return texts
}
