package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"homeroom/test/harness"
)

// receipts are the messages that were answered 201.
type receipts struct {
	mu       sync.Mutex // guards messages
	messages map[string]harness.Message
	count    atomic.Int64
}

func (r *receipts) add(m harness.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages[m.ID] = m
	r.count.Add(1)
}

// postUntilDown posts from many connections until the server is gone.
func (r *receipts) postUntilDown(ctx context.Context, c *harness.Client, class string, writers, round int) *sync.WaitGroup {
	var posting sync.WaitGroup
	for w := range writers {
		posting.Go(func() {
			for i := 0; ; i++ {
				m, err := c.TryPost(ctx, class, fmt.Sprintf("round %d, writer %d, message %d", round, w, i))
				if err != nil {
					return
				}
				r.add(m)
			}
		})
	}
	return &posting
}

func TestKill(t *testing.T) {
	t.Parallel()
	rounds := scale(20, 20, 4)
	const writers = 8
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db, Args: []string{"--retry", "50ms"}})
		t.Run("kill -9 in the middle of posting loses nothing that was answered", func(t *testing.T) {
			start := r.as(t, dora).Cursor(r.class)
			follower := r.as(t, dora).Follow(r.class, start).Live()
			poster := r.as(t, ben).Unchecked()
			answered := &receipts{messages: map[string]harness.Message{}}
			for round := range rounds {
				enough := answered.count.Load() + 10 + rand.Int64N(100)
				posting := answered.postUntilDown(t.Context(), poster, r.class, writers, round)
				harness.Eventually(t, "messages are answered", func() bool { return answered.count.Load() >= enough })
				connections := follower.Connections()
				r.srv.Kill9()
				posting.Wait()
				r.srv.Restart()
				follower.WaitConnections(connections + 1)
			}
			last := r.as(t, anna).Post(r.class, "the end of it")
			answered.add(last)
			follower.WaitSeq(last.Seq)
			follower.Stop()
			checkSurvivors(t, r, answered, follower)
			t.Logf("%d messages answered over %d crashes", len(answered.messages), rounds)
		})
	})
}

// checkSurvivors compares what was answered with the list, the log and the stream.
func checkSurvivors(t *testing.T, r room, answered *receipts, follower *harness.Follower) {
	t.Helper()
	listed := map[string]harness.Message{}
	for _, m := range r.as(t, anna).Messages(r.class) {
		listed[m.ID] = m
	}
	for id, m := range answered.messages {
		if got, ok := listed[id]; !ok || got.Seq != m.Seq || *got.Text != *m.Text {
			t.Errorf("answered %d %q, listed %+v", m.Seq, *m.Text, got)
		}
	}
	for i, e := range r.as(t, anna).History(r.class, "") {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d of the log has seq %d", i+1, e.Seq)
		}
	}
	seen := map[string]int64{}
	for _, s := range follower.Seen() {
		if _, twice := seen[s.ID]; twice {
			t.Errorf("message %s was delivered twice", s.ID)
		}
		seen[s.ID] = s.Seq
	}
	if len(seen) != len(listed) {
		t.Errorf("%d messages delivered, %d listed", len(seen), len(listed))
	}
	for id, m := range listed {
		if seen[id] != m.Seq {
			t.Errorf("message %d %q was delivered as %d", m.Seq, *m.Text, seen[id])
		}
	}
	if resyncs := follower.Resyncs(); len(resyncs) > 0 {
		t.Errorf("resync: %+v", resyncs)
	}
}
