package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"homeroom/test/harness"
)

func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	one := harness.Start(t, harness.Options{Database: harness.Postgres})
	two := harness.Start(t, harness.Options{DatabaseURL: one.DataURL})
	on := func(r room, srv *harness.Server) room { return room{srv: srv, class: r.class} }

	t.Run("both deliver everything in order while both write", func(t *testing.T) {
		r := furnish(t, one)
		writers, each := scale(6, 6, 3), scale(60, 25, 10)
		cursor := r.as(t, dora).Cursor(r.class)
		var followers []*harness.Follower
		for _, srv := range []*harness.Server{one, two, one, two} {
			followers = append(followers, srv.As(t, dora).Follow(r.class, cursor).Live())
		}
		var posting sync.WaitGroup
		for w := range writers {
			poster := []*harness.Server{one, two}[w%2].As(t, ben)
			posting.Go(func() {
				for i := range each {
					if _, err := poster.TryPost(t.Context(), r.class, fmt.Sprintf("%d of writer %d", i, w)); err != nil {
						t.Errorf("post: %v", err)
						return
					}
				}
			})
		}
		posting.Wait()
		last := r.as(t, anna).Post(r.class, "the end of it")
		for _, f := range followers {
			f.WaitSeq(last.Seq)
			f.Stop()
			if seen := f.Seen(); len(seen) != writers*each+1 || !slices.Equal(seen, followers[0].Seen()) {
				t.Errorf("saw %d events, want the same %d everywhere", len(seen), writers*each+1)
			}
		}
		for i, e := range on(r, two).as(t, anna).History(r.class, "") {
			if e.Seq != int64(i+1) {
				t.Fatalf("event %d of the log has seq %d", i+1, e.Seq)
			}
		}
	})

	t.Run("a stream goes on at the other process", func(t *testing.T) {
		r := furnish(t, one)
		stream := r.as(t, ben).Stream(r.class)
		stream.Ready()
		postAll(r.as(t, anna), r.class, "seen")
		stream.WaitFor("the message", harness.Created("seen"))
		stream.Cut()
		postAll(r.as(t, anna), r.class, "one", "two")
		resumed := on(r, two).as(t, ben).Stream(r.class, harness.From(stream.Cursor()))
		resumed.Ready()
		wantExactly(t, resumed, r.as(t, anna), r.class, "one", "two")
	})

	t.Run("a list's cursor serves a stream at the other process", func(t *testing.T) {
		r := furnish(t, one)
		cursor := r.as(t, ben).Cursor(r.class)
		stream := on(r, two).as(t, ben).Stream(r.class, harness.From(cursor))
		stream.Ready()
		wantExactly(t, stream, r.as(t, anna), r.class)
	})

	t.Run("a live stream misses nothing that is posted after its first frame", func(t *testing.T) {
		r := furnish(t, one)
		for range 10 {
			r.as(t, anna).Post(r.class, "before") // which the other process may not have heard of yet
			stream := on(r, two).as(t, ben).Stream(r.class)
			stream.Ready()
			after := r.as(t, anna).Post(r.class, "after")
			for seq := int64(0); seq != after.Seq; {
				f := stream.Event()
				if seq != 0 && f.Parsed.Seq != seq+1 || f.Parsed.Seq > after.Seq {
					t.Fatalf("seq %d follows %d; %d was posted after the first frame", f.Parsed.Seq, seq, after.Seq)
				}
				seq = f.Parsed.Seq
			}
			stream.Cut()
		}
	})

	t.Run("a long poll hears of the other process", func(t *testing.T) {
		r := furnish(t, one)
		reader := on(r, two).as(t, ben)
		after := reader.Cursor(r.class)
		answers := make(chan harness.EventPage, 1)
		go func() {
			page, err := reader.TryEvents(t.Context(), r.class, harness.EventsQuery{After: after, Wait: 60})
			if err != nil {
				t.Errorf("long poll: %v", err)
			}
			answers <- page
		}()
		r.as(t, anna).Post(r.class, "wake up")
		if page := <-answers; len(page.Events) != 1 {
			t.Errorf("answered %s", page.Events)
		}
	})

	t.Run("a member removed at one is out at the other", func(t *testing.T) {
		r := furnish(t, one)
		elsewhere := on(r, two)
		elsewhere.as(t, ben).Get(elsewhere.path()).Want(http.StatusOK)
		stream := elsewhere.as(t, ben).Stream(r.class)
		stream.Ready()
		r.as(t, anna).RemoveMember(r.class, ben)
		r.as(t, anna).Post(r.class, "not for ben any more")
		stream.WaitClosing("removed")
		for _, f := range stream.Frames() {
			if harness.Created("not for ben any more")(f) {
				t.Error("a removed member has received a message")
			}
		}
		harness.Eventually(t, "the other process refuses the removed member", func() bool {
			return elsewhere.as(t, ben).Get(elsewhere.path()).Status == http.StatusNotFound
		})
	})

	t.Run("a class deleted at one closes streams at the other", func(t *testing.T) {
		r := furnish(t, one)
		stream := on(r, two).as(t, ben).Stream(r.class)
		stream.Ready()
		r.as(t, anna).Do("DELETE", r.path(), nil).Want(http.StatusNoContent)
		stream.WaitClosing("class_deleted")
	})

	t.Run("a role taken at one is gone at the other", func(t *testing.T) {
		r := furnish(t, one)
		m := r.as(t, ben).Post(r.class, "a target")
		elsewhere := on(r, two)
		elsewhere.as(t, clio).Get(elsewhere.path()).Want(http.StatusOK) // now its role is known there
		r.as(t, anna).Do("PUT", r.path("members", clio.ID), map[string]string{"role": "student"}).Want(http.StatusOK)
		harness.Eventually(t, "the other process knows the new role", func() bool {
			return *elsewhere.as(t, clio).Class(r.class).Role == "student"
		})
		elsewhere.as(t, clio).Do("DELETE", elsewhere.path("messages", m.ID), nil).WantProblem(http.StatusForbidden, "forbidden")
	})

	t.Run("one process dies, the other carries on", func(t *testing.T) {
		r := furnish(t, two)
		stream := r.as(t, ben).Stream(r.class)
		stream.Ready()
		one.Kill9()
		r.as(t, anna).Post(r.class, "still here")
		stream.WaitFor("the message", harness.Created("still here"))
		one.Restart()
		on(r, one).as(t, anna).Post(r.class, "back again")
		stream.WaitFor("the message", harness.Created("back again"))
	})
}
