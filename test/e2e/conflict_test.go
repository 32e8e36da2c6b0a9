package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"homeroom/test/harness"
)

// contest is many clients changing the same few messages, each change on the version that its client has seen.
type contest struct {
	room    room
	message []string

	mu       sync.Mutex // guards what follows
	edits    int
	halfway  chan struct{} // closed after half of the edits
	half     int
	answered map[string]map[int64]string // message → version → text, of edits that were answered 200
	deleted  map[string]int              // message → deletions that were answered 204
}

// change changes a message if it is still in the version that m is: it returns the message after that, or the one that
// is there instead.
func (c *contest) change(ctx context.Context, client *harness.Client, method string, m harness.Message, body any) (now harness.Message, done bool, err error) {
	resp, err := client.Send(ctx, harness.Call{
		Method: method, Path: c.room.path("messages", m.ID), Body: body,
		Header: map[string]string{"If-Match": fmt.Sprintf(`"%d"`, m.Version)},
	})
	if err != nil {
		return m, false, err
	}
	var p harness.Problem
	switch resp.Status {
	case http.StatusOK:
		return now, true, json.Unmarshal(resp.Body, &now)
	case http.StatusNoContent:
		return m, true, nil
	case http.StatusPreconditionFailed:
		if err := json.Unmarshal(resp.Body, &p); err != nil {
			return m, false, err
		}
		return now, false, json.Unmarshal(p.Current, &now)
	case http.StatusConflict:
		m.Text = nil // it was deleted
		return m, false, nil
	}
	return m, false, fmt.Errorf("%s: status %d: %s", method, resp.Status, resp.Body)
}

// read reads a message for any goroutine.
func (c *contest) read(ctx context.Context, client *harness.Client, id string) (m harness.Message, err error) {
	resp, err := client.Send(ctx, harness.Call{Method: http.MethodGet, Path: c.room.path("messages", id)})
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(resp.Body, &m)
}

// edit adds a mark to some message that is not deleted, merging as often as it takes.
func (c *contest) edit(ctx context.Context, client *harness.Client, mark string) error {
	m, err := c.read(ctx, client, c.message[rand.IntN(len(c.message))])
	for err == nil {
		if m.Text == nil {
			if m, err = c.read(ctx, client, c.message[rand.IntN(len(c.message))]); err != nil {
				return err
			}
			continue
		}
		var done bool
		if m, done, err = c.change(ctx, client, http.MethodPatch, m, map[string]string{"text": *m.Text + mark}); done {
			c.edited(m)
			return err
		}
	}
	return err
}

func (c *contest) edited(m harness.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered[m.ID] == nil {
		c.answered[m.ID] = map[int64]string{}
	}
	c.answered[m.ID][m.Version] = *m.Text
	if c.edits++; c.edits == c.half {
		close(c.halfway)
	}
}

// erase deletes a message in whatever version it is found at last, unless somebody else has.
func (c *contest) erase(ctx context.Context, client *harness.Client, id string) error {
	m, err := c.read(ctx, client, id)
	for err == nil && m.Text != nil {
		var done bool
		if m, done, err = c.change(ctx, client, http.MethodDelete, m, nil); done {
			c.mu.Lock()
			c.deleted[id]++
			c.mu.Unlock()
			return nil
		}
	}
	return err
}

func TestConflict(t *testing.T) {
	t.Parallel()
	const messages, erased, editors, erasers = 10, 5, 14, 6
	each := scale(12, 6, 3)
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db, Args: []string{"--retry", "100ms"}})
		t.Run("20 clients change the same 10 messages, and no change is lost", func(t *testing.T) {
			r := furnish(t, srv)
			c := &contest{
				room: r, halfway: make(chan struct{}), half: editors * each / 2,
				answered: map[string]map[int64]string{}, deleted: map[string]int{},
			}
			for range messages {
				c.message = append(c.message, r.as(t, ben).Post(r.class, "start").ID)
			}
			start := r.as(t, anna).Cursor(r.class)
			before := r.as(t, anna).Messages(r.class)
			var streams []*harness.Stream
			var writing sync.WaitGroup
			for i := range editors + erasers {
				user := ben // the author of all
				if i >= editors {
					user = []harness.User{anna, clio}[i%2]
				}
				client := r.as(t, user)
				streams = append(streams, client.Stream(r.class, harness.From(start)))
				writing.Go(func() {
					var errs []error
					if i < editors {
						for n := range each {
							errs = append(errs, c.edit(t.Context(), client, fmt.Sprintf(" %d.%d", i, n)))
						}
					} else {
						<-c.halfway
						for n := range erased {
							errs = append(errs, c.erase(t.Context(), client, c.message[(i+n)%erased]))
						}
					}
					if err := errors.Join(errs...); err != nil {
						t.Error(err)
					}
				})
			}
			<-c.halfway
			first := make([][]harness.Event, len(streams))
			for i := 0; i < len(streams); i += 2 { // every other one has to resume
				resumed := streams[i].Resume()
				first[i], streams[i] = streams[i].Events(), resumed
			}
			writing.Wait()
			stored := r.as(t, anna).Messages(r.class)
			c.check(t, stored[:messages], erased)
			end := r.as(t, anna).Post(r.class, "the end of it")
			for i, stream := range streams {
				stream.WaitFor("the end", harness.Created("the end of it"))
				if told := converge(before, append(first[i], stream.Events()...)); !same(t, told, append(stored, end)) {
					t.Errorf("stream %d has told another story than what is stored", i)
				}
			}
			c.checkHistory(t, r.as(t, anna).History(r.class, start))
		})
	})
}

// check compares what is stored with what was answered: each answer is in the text of its message, in order.
func (c *contest) check(t *testing.T, stored []harness.Message, erased int) {
	t.Helper()
	for i, m := range stored {
		text, version := "start", int64(1)
		for ; c.answered[m.ID][version+1] != ""; version++ {
			next := c.answered[m.ID][version+1]
			if len(next) <= len(text) || next[:len(text)] != text {
				t.Errorf("version %d is %q after %q: an update was lost", version+1, next, text)
			}
			text = next
		}
		if len(c.answered[m.ID]) != int(version)-1 {
			t.Errorf("message %d: %d edits were answered, the versions go to %d", i, len(c.answered[m.ID]), version)
		}
		switch {
		case i < erased && (m.Text != nil || m.Version != version+1 || c.deleted[m.ID] != 1):
			t.Errorf("message %d was deleted %d times after version %d and is %+v", i, c.deleted[m.ID], version, m)
		case i >= erased && (m.Text == nil || *m.Text != text || m.Version != version):
			t.Errorf("message %d is %+v, and the last answer was version %d, %q", i, m, version, text)
		}
	}
}

// checkHistory compares the log with what was answered: each change is there once.
func (c *contest) checkHistory(t *testing.T, log []harness.Event) {
	t.Helper()
	edits, deletions := 0, 0
	for _, e := range log {
		m := e.Message()
		switch e.Type {
		case "message.updated":
			if edits++; c.answered[m.ID][m.Version] != *m.Text {
				t.Errorf("event %d is version %d, %q; answered was %q", e.Seq, m.Version, *m.Text, c.answered[m.ID][m.Version])
			}
		case "message.deleted":
			deletions++
		}
	}
	if edits != c.edits || deletions != len(c.deleted) {
		t.Errorf("%d edits and %d deletions in the log, %d and %d were answered", edits, deletions, c.edits, len(c.deleted))
	}
}

// converge is what a client has that began with a list and took events since.
func converge(list []harness.Message, events []harness.Event) []harness.Message {
	at := map[string]int{}
	list = append([]harness.Message(nil), list...)
	for i, m := range list {
		at[m.ID] = i
	}
	for _, e := range events {
		m := e.Message()
		i, known := at[m.ID]
		if !known {
			i = len(list)
			at[m.ID] = i
			list = append(list, m)
		}
		list[i] = m
	}
	return list
}

// same compares messages as they are on the wire.
func same(t *testing.T, a, b []harness.Message) bool {
	t.Helper()
	one, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	other, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(one) == string(other)
}
