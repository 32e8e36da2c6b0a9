package e2e_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"homeroom/test/abuse"
	"homeroom/test/harness"
)

// members are honest ones who go on while others attack.
type members struct {
	room  room
	all   []*harness.Follower
	files int
}

// settle has the members follow the class.
func settle(t *testing.T, r room) *members {
	t.Helper()
	m := &members{room: r}
	for _, user := range []harness.User{anna, ben, clio, dora} {
		m.all = append(m.all, r.as(t, user).Follow(r.class, "").Live())
	}
	m.files = r.srv.FDs(t)
	return m
}

// postUntil has anna post until done is closed, and returns when she has.
func (m *members) postUntil(t *testing.T, done <-chan struct{}, text string) {
	t.Helper()
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for {
		m.room.as(t, anna).Post(m.room.class, text)
		select {
		case <-done:
			return
		case <-pause.C:
		}
	}
}

// wantUnharmed checks that the members got everything over the connection that they had, and that the server
// is what it was before.
func (m *members) wantUnharmed(t *testing.T) {
	t.Helper()
	last := m.room.as(t, anna).Post(m.room.class, "is everybody still there?")
	for _, f := range m.all {
		f.WaitSeq(last.Seq)
		if n := f.Connections(); n != 1 {
			t.Errorf("a member had %d connections", n)
		}
	}
	const few = 5 // of our own clients' and the database's, which come and go
	harness.Eventually(t, "the descriptors are free again", func() bool { return m.room.srv.FDs(t) <= m.files+few })
}

// attack runs attacks at the same time, each from an address of its own, and has the members go on meanwhile.
func (m *members) attack(t *testing.T, text string, attacks map[string]func(context.Context, abuse.Target) abuse.Outcome) map[string]abuse.Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), harness.Patience)
	defer cancel()
	mallory := harness.Student("mallory")
	m.room.as(t, anna).AddMember(m.room.class, mallory, "student")
	target := abuse.Target{Addr: m.room.srv.Addr(), Token: mallory.Token(t, time.Hour), Class: m.room.class}
	outcomes := map[string]abuse.Outcome{}
	var mu sync.Mutex // guards outcomes
	var attackers sync.WaitGroup
	last := byte('1')
	for name, attack := range attacks {
		last++
		own := target
		own.From = "127.0.0." + string(last)
		attackers.Go(func() {
			begun := time.Now()
			outcome := attack(ctx, own)
			mu.Lock()
			defer mu.Unlock()
			outcomes[name] = outcome
			t.Logf("%s: %s, in %v", name, outcome, time.Since(begun).Round(time.Millisecond))
		})
	}
	done := make(chan struct{})
	go func() {
		attackers.Wait()
		close(done)
	}()
	m.postUntil(t, done, text)
	return outcomes
}

// TestAttacks is about connections that nobody means well with. Each is beside honest members, who lose nothing.
func TestAttacks(t *testing.T) {
	t.Parallel()
	t.Run("slow, giant and broken requests", func(t *testing.T) {
		t.Parallel()
		const most = 30 // connections of an address
		m := settle(t, openRoom(t, harness.Options{Limits: true, Args: []string{"--max-address-connections", "30"}}))
		before := m.room.srv.RSS(t)
		giants := func(shape string) func(context.Context, abuse.Target) abuse.Outcome {
			return func(ctx context.Context, target abuse.Target) abuse.Outcome {
				return abuse.GiantHeads(ctx, target, 20, 1<<20, shape)
			}
		}
		got := m.attack(t, "business as usual", map[string]func(context.Context, abuse.Target) abuse.Outcome{
			"slow heads": func(ctx context.Context, target abuse.Target) abuse.Outcome {
				return abuse.SlowHeads(ctx, target, 2*most)
			},
			"slow bodies": func(ctx context.Context, target abuse.Target) abuse.Outcome {
				return abuse.SlowBodies(ctx, target, most, "POST", "/v1/classes/"+target.Class+"/messages")
			},
			"slow bodies of calls that take none": func(ctx context.Context, target abuse.Target) abuse.Outcome {
				return abuse.SlowBodies(ctx, target, most, "GET", "/v1/classes")
			},
			"idle": func(ctx context.Context, target abuse.Target) abuse.Outcome {
				return abuse.Idle(ctx, target, 2*most)
			},
			"aborted": func(ctx context.Context, target abuse.Target) abuse.Outcome {
				return abuse.Aborted(ctx, target, scale(2000, 500, 500))
			},
			abuse.OneHeader:   giants(abuse.OneHeader),
			abuse.ManyHeaders: giants(abuse.ManyHeaders),
			abuse.LongTarget:  giants(abuse.LongTarget),
		})
		for name, outcome := range got {
			if name != "aborted" && outcome.Held > 0 {
				t.Errorf("%s: %d were never ended", name, outcome.Held)
			}
		}
		if o := got["slow bodies"]; o.Answered[http.StatusRequestTimeout] != most {
			t.Errorf("slow bodies: %s", o)
		}
		if o := got["slow bodies of calls that take none"]; o.Answered[http.StatusOK] != most { // and net/http waits no longer for the rest
			t.Errorf("slow bodies of calls that take none: %s", o)
		}
		if o := got["slow heads"]; o.Cut != 2*most {
			t.Errorf("slow heads: %s", o)
		}
		if n := m.room.srv.Metric(t, `homeroom_connections_refused_total{cap="address"}`); n < 2*most {
			t.Errorf("%v connections were refused", n)
		}
		m.wantUnharmed(t)
		if after := m.room.srv.RSS(t); after > before+64<<20 && !harness.Race {
			t.Errorf("memory went from %d to %d MiB", before>>20, after>>20)
		}
	})

	t.Run("readers that drip, or don't read", func(t *testing.T) {
		t.Parallel()
		m := settle(t, openRoom(t, harness.Options{Limits: true, Args: []string{"--write-timeout", "2s"}}))
		const n = 5
		cut, stop := context.WithTimeout(t.Context(), harness.Patience)
		defer stop()
		readers := func(every time.Duration) func(context.Context, abuse.Target) abuse.Outcome {
			return func(_ context.Context, target abuse.Target) abuse.Outcome {
				return abuse.DripReaders(cut, target, n, every) // they have much to read until they learn that they were cut
			}
		}
		closed := func() (reasons []string) {
			for _, record := range m.room.srv.Logs().Records("stream closed") {
				if record.Text("user") == "mallory" {
					reasons = append(reasons, record.Text("reason"))
				}
			}
			return reasons
		}
		m.attack(t, strings.Repeat("🙂", 4000), map[string]func(context.Context, abuse.Target) abuse.Outcome{
			"drip": readers(100 * time.Millisecond), "don't read": readers(0),
			"nothing": func(ctx context.Context, _ abuse.Target) abuse.Outcome { // but to see when all were cut
				defer stop()
				look := time.NewTicker(50 * time.Millisecond)
				defer look.Stop()
				for len(closed()) < 2*n && ctx.Err() == nil {
					<-look.C
				}
				return abuse.Outcome{}
			},
		})
		reasons := closed()
		for _, reason := range reasons {
			if reason != "write_error" && reason != "slow_reader" {
				t.Errorf("a stream was closed for %q", reason)
			}
		}
		if len(reasons) != 2*n {
			t.Errorf("%d of %d streams were cut", len(reasons), 2*n)
		}
		m.wantUnharmed(t)
	})

	t.Run("more connections than there are descriptors", func(t *testing.T) {
		t.Parallel()
		const files = 300
		m := settle(t, openRoom(t, harness.Options{Files: files})) // without limits: this one protects the process
		got := m.attack(t, "business as usual", map[string]func(context.Context, abuse.Target) abuse.Outcome{
			"idle": func(ctx context.Context, target abuse.Target) abuse.Outcome { return abuse.Idle(ctx, target, 2*files) },
			"streams": func(ctx context.Context, target abuse.Target) abuse.Outcome {
				ctx, stop := context.WithTimeout(ctx, 5*time.Second)
				defer stop()
				return abuse.Hoard(ctx, target, files)
			},
		})
		if o := got["idle"]; o.Cut+o.Refused != 2*files {
			t.Errorf("idle: %s", o)
		}
		if n := m.room.srv.Metric(t, `homeroom_connections_refused_total{cap="all"}`); n < files {
			t.Errorf("%v connections were refused", n)
		}
		m.wantUnharmed(t)
		m.room.as(t, ben).Stream(m.room.class).Ready()
	})
}
