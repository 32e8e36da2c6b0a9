package abuse_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"homeroom/test/harness"
)

const (
	honest  = 100 // members who follow the class
	posters = 10  // of them also post
	pace    = 1500 * time.Millisecond
)

// school is where the members are: a whole class behind one address.
const school = "127.0.0.2"

// members are a class that goes on with its work.
type members struct {
	class     string
	oldest    string // a cursor before all that was posted
	teacher   *harness.Client
	users     []harness.User
	clients   []*harness.Client
	followers []*harness.Follower

	mu     sync.Mutex          // guards posted
	posted map[int64]time.Time // by seq: when the post was begun
	count  int                 // of posts in the whole life of the class
}

// gather makes a class whose members follow it.
func gather(t *testing.T, srv *harness.Server) *members {
	t.Helper()
	m := &members{teacher: srv.As(t, harness.Teacher("honest-teacher"))}
	m.class = m.teacher.CreateClass("Honest").ID
	m.oldest = m.teacher.Cursor(m.class)
	for i := range honest {
		user := harness.Student(fmt.Sprintf("honest-%d", i))
		m.teacher.AddMember(m.class, user, "student")
		client := srv.As(t, user).From(school)
		m.users, m.clients = append(m.users, user), append(m.clients, client)
		m.followers = append(m.followers, client.Follow(m.class, ""))
	}
	for _, f := range m.followers {
		f.Live()
	}
	return m
}

// work has the members post, each at the pace of a lively talk, until ctx ends, and waits for their last answers. A
// refusal fails the test: nothing that an attacker does may cost a member a post.
func (m *members) work(ctx context.Context, t *testing.T) {
	t.Helper()
	m.posted = map[int64]time.Time{}
	var posting sync.WaitGroup
	for i, client := range m.clients[:posters] {
		posting.Go(func() {
			first := time.NewTimer(time.Duration(i) * pace / posters)
			defer first.Stop()
			for next := first.C; ; next = time.After(pace) {
				select {
				case <-ctx.Done():
					return
				case <-next:
				}
				m.post(t, client, i)
			}
		})
	}
	posting.Wait()
}

func (m *members) post(t *testing.T, client *harness.Client, poster int) {
	m.mu.Lock()
	m.count++
	text := fmt.Sprintf("%d: what poster %d has to say", m.count, poster)
	m.mu.Unlock()
	begun := time.Now()
	message, err := client.TryPost(t.Context(), m.class, text)
	if err != nil {
		t.Errorf("an honest member's post: %v", err)
		return
	}
	m.mu.Lock()
	m.posted[message.Seq] = begun
	m.mu.Unlock()
}

// delays waits until every member has every post, and tells how long each took to reach each of them, in rising order.
// Order and gaps are the followers' own to find.
func (m *members) delays(t *testing.T) []time.Duration {
	t.Helper()
	var last int64
	for seq := range m.posted {
		last = max(last, seq)
	}
	var all []time.Duration
	for i, f := range m.followers {
		f.WaitSeq(last)
		seen, arrived := f.Seen(), f.Arrivals()
		found := 0
		for j, sight := range seen {
			if begun, ours := m.posted[sight.Seq]; ours {
				found++
				all = append(all, arrived[j].Sub(begun))
			}
		}
		if found != len(m.posted) {
			t.Errorf("member %d has %d of %d posts", i, found, len(m.posted))
		}
	}
	slices.Sort(all)
	return all
}

// percentile is the value below which so many in a hundred lie.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}
