package abuse_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"homeroom/test/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

// lasts is how long an attack goes on beside the members' work.
const lasts = 2 * time.Second

// The suite attacks a server with its limits as they are by default while honest members go on with their class, and
// holds what docs/security.md promises: whatever an attacker does, the members get everything that is posted, once and in
// order, and post without being refused; and when the attacker is gone, so is what they cost. The delays that members saw
// are reported beside those of a quiet class, and not judged: machines are shared.

// arena is a server with honest members on it, and what an attacker may know.
type arena struct {
	*testing.T
	srv     *harness.Server
	members *members

	attackers []*harness.Client // who hang up when the attack is over
}

// attack is something that somebody does to spoil it for others. It goes on until ctx ends, and has by then let go of
// all that it held.
type attack struct {
	name string
	run  func(ctx context.Context, a *arena)
}

func TestAbuse(t *testing.T) {
	srv := harness.Start(t, harness.Options{Limits: true, Args: []string{"--retry", "200ms", "--debug-addr", "127.0.0.1:0"}})
	profiles := srv.WaitLog(t, "serving on the side", map[string]string{"what": "profiles"}).Text("addr")
	a := &arena{T: t, srv: srv, members: gather(t, srv)}
	quiet := a.beside(t, "nobody", func(context.Context, *arena) {})
	start := take(t, srv, profiles)
	t.Logf("at the start: %v", start)
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			inside := &arena{T: t, srv: srv, members: a.members}
			before := srv.RSS(t)
			peak := watch(t, srv)
			delays := inside.beside(t, attack.name, attack.run)
			most := peak()
			t.Logf("p50 %v, p99 %v, %.1f times that of a quiet class; peak memory %d MiB, %d files",
				percentile(delays, 50), percentile(delays, 99),
				float64(percentile(delays, 99))/float64(percentile(quiet, 99)), most.memory>>20, most.files)
			if most.memory > before+memoryMost {
				t.Errorf("it grew from %d to %d MiB, want at most %d more", before>>20, most.memory>>20, memoryMost>>20)
			}
			var now resources
			harness.Eventually(t, "memory, descriptors and goroutines are back at their start", func() bool {
				now = take(t, srv, profiles)
				return now.back(start)
			})
			t.Logf("afterwards: %v", now)
		})
	}
}

// beside runs an attack while the members work, and tells how long what they posted took to reach all of them.
func (a *arena) beside(t *testing.T, name string, run func(context.Context, *arena)) []time.Duration {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	var working sync.WaitGroup
	working.Go(func() { a.members.work(ctx, t) })
	run(ctx, a)
	for _, c := range a.attackers {
		c.CloseIdle()
	}
	working.Wait()
	delays := a.members.delays(t)
	if len(delays) == 0 {
		t.Fatalf("beside %s nothing was posted: the story did not happen", name)
	}
	return delays
}
