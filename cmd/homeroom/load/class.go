package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// cleanWait is how long deleting the classes may take.
const cleanWait = 30 * time.Second

// member is a user in a class.
type member struct{ user, token string }

// class is one class of the trial.
type class struct {
	id      string
	number  int
	teacher member
	members []member

	made atomic.Int64 // posts, whether or not they are answered
	head atomic.Int64 // the highest seq that was answered
	tape tape
}

// path is the class's path, with what follows it.
func (c *class) path(rest string) string { return "/v1/classes/" + url.PathEscape(c.id) + rest }

// raise moves the head up to a seq.
func (c *class) raise(seq int64) {
	for {
		head := c.head.Load()
		if seq <= head || c.head.CompareAndSwap(head, seq) {
			return
		}
	}
}

// furnish makes the classes and their members. Those that were made are there also after an error.
func (t *trial) furnish(ctx context.Context) error {
	if got, err := t.api.once(ctx, call{method: http.MethodGet, path: "/readyz"}); err != nil {
		return err
	} else if got.status != http.StatusOK {
		return &refusal{"GET /readyz", got.status, detail(got.body)}
	}
	for i := range t.cfg.Classes {
		c := &class{number: i}
		err := t.found(ctx, c)
		if c.id != "" {
			t.classes = append(t.classes, c)
		}
		if err != nil {
			return fmt.Errorf("make a class: %w", err)
		}
	}
	for i := range t.cfg.Streams {
		c := t.classes[i%t.cfg.Classes]
		c.members = append(c.members, member{user: fmt.Sprintf("%s-reader-%d", t.name, i)})
	}
	group, joined := errgroup.WithContext(ctx)
	group.SetLimit(t.cfg.Posters)
	for _, c := range t.classes {
		for i := range c.members {
			role := "student"
			if i < t.cfg.Posters {
				role = "teacher" // who has no limit of their own: it is the service that is tried, and not its settings
			}
			group.Go(func() error { return t.admit(joined, c, &c.members[i], role) })
		}
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("add a member: %w", err)
	}
	for _, c := range t.classes {
		if err := t.begin(ctx, c); err != nil {
			return fmt.Errorf("first post: %w", err)
		}
	}
	return nil
}

// found makes a class.
func (t *trial) found(ctx context.Context, c *class) (err error) {
	c.teacher.user = fmt.Sprintf("%s-teacher-%d", t.name, c.number)
	if c.teacher.token, err = t.cfg.Token(c.teacher.user, "teacher", t.cfg.tokensLast()); err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"name": fmt.Sprintf("Load %s, class %d", t.name, c.number+1)})
	if err != nil {
		return err
	}
	got, err := t.api.do(ctx, call{http.MethodPost, "/v1/classes", c.teacher.token, c.teacher.user, body})
	if err != nil {
		return err
	}
	var made struct{ ID string }
	err = got.into(&made)
	c.id = made.ID
	return err
}

// admit gives a member a token with a global role, and adds it to its class as a student.
func (t *trial) admit(ctx context.Context, c *class, m *member, role string) (err error) {
	if m.token, err = t.cfg.Token(m.user, role, t.cfg.tokensLast()); err != nil {
		return err
	}
	_, err = t.api.do(ctx, call{
		method: http.MethodPut, path: c.path("/members/" + url.PathEscape(m.user)), token: c.teacher.token, body: []byte(`{"role":"student"}`),
	})
	t.tally.members.Add(1)
	return err
}

// begin posts what everybody begins after: nobody else writes to the class, so the next event is the next seq.
func (t *trial) begin(ctx context.Context, c *class) error {
	got, err := t.api.do(ctx, call{
		http.MethodPost, c.path("/messages"), c.teacher.token, c.teacher.user, []byte(`{"text":"Good morning"}`),
	})
	if err != nil {
		return err
	}
	var first struct{ Seq int64 }
	if err := got.into(&first); err != nil {
		return err
	}
	c.tape.base = first.Seq
	c.head.Store(first.Seq)
	return nil
}

// cleanUp deletes the classes, also when the trial was ended early.
func (t *trial) cleanUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanWait)
	defer cancel()
	var failed error
	for _, c := range t.classes {
		_, err := t.api.do(ctx, call{method: http.MethodDelete, path: c.path(""), token: c.teacher.token})
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("delete class %s: %w", c.id, err))
		}
	}
	t.api.http.CloseIdleConnections()
	return failed
}
