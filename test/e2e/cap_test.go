package e2e_test

import (
	"net/http"
	"strconv"
	"testing"

	"homeroom/test/harness"
)

// TestCaps is about how many streams there may be, which no database has a part in.
func TestCaps(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{Limits: true, Args: []string{
		"--max-user-streams", "2", "--max-address-streams", "3", "--max-class-streams", "4",
	}})

	t.Run("a user's oldest stream makes room, is told so, and loses nothing", func(t *testing.T) {
		r := furnish(t, srv)
		member := r.as(t, ben)
		first, second := member.Stream(r.class), member.Stream(harness.AllClasses)
		first.Ready()
		second.Ready()
		third := member.Stream(r.class)
		third.Ready()
		if last := first.WaitClosing("superseded"); last.Retry < 30_000 {
			t.Errorf("it may come back after %d ms, to supersede another", last.Retry)
		}
		r.as(t, anna).Post(r.class, "for those who stayed")
		for _, s := range []*harness.Stream{second, third} {
			s.WaitFor("the message", harness.Created("for those who stayed"))
		}
		again := first.Resume()
		again.Ready()
		wantExactly(t, again, r.as(t, anna), r.class, "for those who stayed")
		second.WaitClosing("superseded")
		third.Cut()
		again.Cut()
	})

	t.Run("a long poll supersedes nothing, and is told when to come again", func(t *testing.T) {
		r := furnish(t, srv)
		streams := []*harness.Stream{r.as(t, dora).Stream(r.class), r.as(t, dora).Stream(r.class)}
		for _, s := range streams {
			s.Ready()
		}
		resp := r.as(t, dora).Get(r.path("events") + "?wait=5")
		resp.WantProblem(http.StatusTooManyRequests, "too_many_streams")
		if after, err := strconv.Atoi(resp.Header.Get("Retry-After")); err != nil || after < 10 {
			t.Errorf("Retry-After is %q", resp.Header.Get("Retry-After"))
		}
		streams[0].Cut()
		harness.Eventually(t, "there is a place", func() bool { return r.as(t, dora).Get(r.path("events")).Status == http.StatusOK })
		streams[1].Cut()
	})

	t.Run("an address has so many, but for this machine's own", func(t *testing.T) {
		r, other := furnish(t, srv), furnish(t, srv)
		for _, c := range []*harness.Client{other.as(t, anna), r.as(t, clio), r.as(t, dora)} {
			s := c.From("127.0.0.2")
			class := r.class
			if c.User == anna {
				class = other.class
			}
			s.Stream(class).Ready()
		}
		beyond := r.as(t, ben).From("127.0.0.2").Stream(r.class).WaitClosing("too_many_streams")
		if beyond.Retry < 10_000 {
			t.Errorf("it may come back after %d ms", beyond.Retry)
		}
		r.as(t, ben).From("127.0.0.2").Get(r.path("events")).WantProblem(http.StatusTooManyRequests, "too_many_streams")
		r.as(t, ben).From("127.0.0.3").Stream(r.class).Ready()
		r.as(t, ben).Stream(other.class).Ready()
	})

	t.Run("a class has so many, whosever they are", func(t *testing.T) {
		r := furnish(t, srv)
		users := []harness.User{root, harness.Student("hoarder-1"), harness.Student("hoarder-2"), harness.Student("hoarder-3")}
		for _, user := range users[1:] {
			r.as(t, anna).AddMember(r.class, user, "student")
		}
		for _, user := range users {
			r.as(t, user).Stream(r.class).Ready()
		}
		r.as(t, users[1]).Stream(r.class).WaitClosing("too_many_streams")
		r.as(t, users[1]).Stream(harness.AllClasses).Ready()
	})

	t.Run("those who were turned away are counted", func(t *testing.T) {
		if n := srv.Metric(t, `homeroom_streams_refused_total{reason="too_many_streams"}`); n < 2 {
			t.Errorf("%v were", n)
		}
		if n := srv.Metric(t, `homeroom_streams_closed_total{reason="superseded"}`); n < 2 {
			t.Errorf("%v were superseded", n)
		}
	})
}

// TestNoCaps is a server without limits: even so there are no more streams than it has place for.
func TestNoCaps(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{Args: []string{"--max-streams", "3", "--max-user-streams", "1", "--max-class-streams", "1", "--max-address-streams", "1"}})
	var open []*harness.Stream
	for range 3 {
		s := r.as(t, ben).From("127.0.0.2").Stream(r.class)
		s.Ready()
		open = append(open, s)
	}
	r.as(t, clio).Stream(r.class).WaitClosing("too_many_streams")
	r.as(t, anna).Post(r.class, "for three")
	for _, s := range open {
		s.WaitFor("the message", harness.Created("for three"))
	}
	open[0].Cut()
	harness.Eventually(t, "there is a place", func() bool {
		s := r.as(t, clio).Stream(r.class)
		return s.Take("a frame").Event == "stream.ready"
	})
}
