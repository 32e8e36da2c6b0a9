package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"homeroom/test/harness"
)

// storm is many clients that send each post several times, break off before they are answered, and lose the server
// on the way.
type storm struct {
	room room
	down sync.RWMutex // held for writing while the server is away

	mu       sync.Mutex // guards what follows
	answers  map[string]answer
	answered int // posts with an answer
	sent     int
	cut      int // sent, and not answered
	replayed int
}

// send sends a post once, breaking off after a moment if it is to be cut. It reports whether it was answered. All
// answers to a post must be the same.
func (s *storm) send(t *testing.T, c *harness.Client, key string, cut bool) bool {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if cut {
		breaker := time.AfterFunc(rand.N(15*time.Millisecond), cancel)
		defer breaker.Stop()
	}
	resp, err := sendUnder(ctx, c, key, s.room.path("messages"), text("post "+key))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	if err != nil || resp.Status == http.StatusServiceUnavailable {
		s.cut++
		return false
	}
	got := answerOf(resp)
	if got.replayed {
		s.replayed++
	}
	first, known := s.answers[key]
	if !known {
		s.answered++
		s.answers[key] = got
	}
	if known && got.again() != first.again() || got.status != http.StatusCreated {
		t.Errorf("%s was answered %+v, before it %+v", key, got, first)
	}
	return true
}

// post sends a post one to four times, one after another or all at once, and then until it is answered.
func (s *storm) post(t *testing.T, c *harness.Client, key string) {
	times, together := 1+rand.IntN(4), rand.IntN(3) == 0
	var sending sync.WaitGroup
	for range times {
		cut := rand.IntN(2) == 0
		sending.Go(func() { s.send(t, c, key, cut) })
		if !together {
			sending.Wait()
		}
	}
	sending.Wait()
	for !s.has(key) && t.Context().Err() == nil {
		s.down.RLock()
		s.down.RUnlock() //nolint:staticcheck // to have had the lock is to know that the server is back
		s.send(t, c, key, false)
	}
}

func (s *storm) has(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.answers[key]
	return ok
}

// killAt kills the server once so many posts are answered, and starts it again.
func (s *storm) killAt(t *testing.T, answered int) {
	t.Helper()
	harness.Eventually(t, "posts are answered", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.answered >= answered
	})
	s.down.Lock()
	defer s.down.Unlock()
	s.room.srv.Kill9()
	s.room.srv.Restart()
}

func TestRetryStorm(t *testing.T) {
	t.Parallel()
	clients, each := scale(50, 50, 12), scale(12, 6, 4)
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db, Args: []string{"--retry", "50ms"}})
		t.Run("every post is there exactly once, and everyone got its one answer", func(t *testing.T) {
			crowd := gather(t, srv, "storm", clients)
			s := &storm{room: crowd.room, answers: map[string]answer{}}
			var posting sync.WaitGroup
			for i, user := range crowd.members {
				client := srv.As(t, user)
				posting.Go(func() {
					for n := range each {
						s.post(t, client, fmt.Sprintf("%d-%d", i, n))
					}
				})
			}
			total := clients * each
			s.killAt(t, total/3)
			s.killAt(t, total*2/3)
			posting.Wait()
			crowd.check(t, clients, each) // the log and every stream
			s.check(t, total)
		})
	})
}

// check compares what was answered with what is there.
func (s *storm) check(t *testing.T, total int) {
	t.Helper()
	if len(s.answers) != total {
		t.Errorf("%d posts were answered, want %d", len(s.answers), total)
	}
	listed := map[string]harness.Message{}
	for _, m := range s.room.as(t, anna).Messages(s.room.class) {
		if _, twice := listed[*m.Text]; twice {
			t.Errorf("%q is there twice", *m.Text)
		}
		listed[*m.Text] = m
	}
	if len(listed) != total {
		t.Errorf("%d posts are there, want %d", len(listed), total)
	}
	for key, a := range s.answers {
		var m harness.Message
		if err := json.Unmarshal([]byte(a.body), &m); err != nil {
			t.Fatalf("%s was answered %s: %v", key, a.body, err)
		}
		if got := listed["post "+key]; got.ID != m.ID || got.Seq != m.Seq || a.location != s.room.path("messages", m.ID) {
			t.Errorf("%s was answered %+v; there is %+v", key, a, got)
		}
	}
	if s.cut == 0 || s.replayed == 0 {
		t.Errorf("of %d sent %d were cut and %d replayed: the story did not happen", s.sent, s.cut, s.replayed)
	}
	t.Logf("%d posts, sent %d times; %d were not answered, %d got the first answer again", total, s.sent, s.cut, s.replayed)
}
