package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"homeroom/test/harness"
)

// scale picks the size of a story: whole, under the race detector, or short.
func scale(whole, race, short int) int {
	switch {
	case testing.Short():
		return short
	case harness.Race:
		return race
	default:
		return whole
	}
}

// crowd is a class with many followers.
type crowd struct {
	room      room
	members   []harness.User
	followers []*harness.Follower
	cursor    string // the teacher's, where all of them began
}

// gather fills a class with members who follow it from one position.
func gather(t *testing.T, srv *harness.Server, name string, size int) *crowd {
	t.Helper()
	teacher := srv.As(t, anna)
	c := &crowd{room: room{srv: srv, class: teacher.CreateClass(name).ID}}
	for i := range size {
		user := harness.Student(fmt.Sprintf("%s-%d", name, i))
		c.members = append(c.members, user)
		teacher.AddMember(c.room.class, user, "student")
	}
	c.cursor = teacher.Cursor(c.room.class)
	for _, user := range c.members {
		member := srv.As(t, user)
		c.followers = append(c.followers, member.Follow(c.room.class, member.Cursor(c.room.class)))
	}
	for _, f := range c.followers {
		f.Live()
	}
	return c
}

// post lets the first members post, each so many messages, side by side.
func (c *crowd) post(t *testing.T, posting *sync.WaitGroup, writers, each int) {
	t.Helper()
	for w, user := range c.members[:writers] {
		poster := c.room.as(t, user)
		posting.Go(func() {
			for i := range each {
				if _, err := poster.TryPost(t.Context(), c.room.class, fmt.Sprintf("%d of writer %d", i, w)); err != nil {
					t.Errorf("post: %v", err)
					return
				}
			}
		})
	}
}

// check waits until everyone has seen everything: the followers themselves
// see to order, gaps and strangers; here it must also be what the log has.
func (c *crowd) check(t *testing.T, writers, each int) {
	t.Helper()
	teacher := c.room.as(t, anna)
	var log []harness.Event
	harness.Eventually(t, "the log is there", func() bool { // what a killed process had under way is heard of within a poll
		log = teacher.History(c.room.class, c.cursor)
		posted := 0
		for _, e := range log {
			if e.Type == "message.created" {
				posted++
			}
		}
		return posted >= writers*each
	})
	var want []harness.Sight
	messages := map[string]bool{}
	for _, e := range log {
		want = append(want, harness.Sight{Seq: e.Seq, Type: e.Type, ID: e.Message().ID})
		messages[e.Message().ID] = true
	}
	if len(messages) != writers*each {
		t.Errorf("the log has %d messages, want %d", len(messages), writers*each)
	}
	for i, f := range c.followers {
		f.WaitSeq(want[len(want)-1].Seq)
		f.Stop()
		if !slices.Equal(f.Seen(), want) {
			t.Errorf("member %d saw %d events, which are not the %d of the log", i, len(f.Seen()), len(want))
		}
	}
}

func TestCrowd(t *testing.T) {
	t.Parallel()
	members, writers, each := scale(100, 100, 30), scale(20, 20, 5), scale(25, 10, 6)
	neighbours, theirWriters, theirEach := scale(20, 10, 5), scale(5, 5, 2), scale(50, 20, 6)
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db, Args: []string{"--retry", "100ms"}})
		t.Run("everyone in a crowd sees every event once, in order, over any cuts, and nobody else's", func(t *testing.T) {
			class := gather(t, srv, "crowd", members)
			beside := gather(t, srv, "beside", neighbours)
			var posting sync.WaitGroup
			class.post(t, &posting, writers, each)
			beside.post(t, &posting, theirWriters, theirEach)
			posted := make(chan struct{})
			go func() {
				posting.Wait()
				close(posted)
			}()
			cuts := cutAtRandom(posted, slices.Concat(class.followers, beside.followers))
			class.check(t, writers, each)
			beside.check(t, theirWriters, theirEach)
			if cuts == 0 {
				t.Error("no stream was cut: the story did not happen")
			}
			t.Logf("%d cuts among %d members", cuts, members+neighbours)
		})
	})
}

// cutAtRandom cuts one stream after another until done, and returns how many.
func cutAtRandom(done <-chan struct{}, followers []*harness.Follower) int {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for cuts := 0; ; cuts++ {
		followers[rand.IntN(len(followers))].Cut()
		select {
		case <-tick.C:
		case <-done:
			return cuts + 1
		}
	}
}
