package abuse_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"homeroom/test/harness"
)

// attacks are all that is tried, in the order of docs/security.md.
var attacks = []attack{
	{"forged tokens", forgedTokens},
	{"guesses of a join code", joinGuesses},
	{"a flood of posts", postFlood},
	{"the same text again and again", repeats},
	{"mentions of everybody", mentionFlood},
	{"a flood of signals", typingFlood},
	{"new idempotency keys", keyFlood},
	{"giant bodies", giantBodies},
	{"guesses of ids", idGuesses},
	{"a storm of streams of one user", streamStorm},
	{"a storm of streams of many users", crowdStorm},
	{"replays from the beginning", replays},
	{"readers that never read", stuckReaders},
	{"readers that drip", dripReaders},
	{"streams that are hoarded", hoard},
	{"slow heads", slowHeads},
	{"slow bodies", slowBodies},
	{"giant heads", giantHeads},
	{"handshakes that are broken off", aborted},
	{"connections that say nothing", idle},
}

// outside is where attackers are.
const outside = "127.0.0.66"

// workers is how many attack at once.
const workers = 16

// pupil is a member of the honest members' class who spoils it.
func (a *arena) pupil(name string) *harness.Client {
	a.Helper()
	user := harness.Student(name)
	a.members.teacher.AddMember(a.members.class, user, "student")
	return a.attacker(a.srv.As(a.T, user))
}

// attacker is a client at the attackers' address.
func (a *arena) attacker(c *harness.Client) *harness.Client {
	a.Helper()
	c = c.From(outside).Unchecked()
	a.attackers = append(a.attackers, c)
	return c
}

// calls makes one call after another, by many workers, until ctx ends, and counts the answers. One of them must be what
// tells that the attack met its limit.
func (a *arena) calls(ctx context.Context, c *harness.Client, limit int, next func(n int64) harness.Call) {
	a.Helper()
	var n atomic.Int64
	var mu sync.Mutex
	answers := map[int]int{}
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for ctx.Err() == nil {
				resp, err := c.Send(ctx, next(n.Add(1)))
				if err != nil {
					continue // cut, or ended
				}
				mu.Lock()
				answers[resp.Status]++
				mu.Unlock()
			}
		})
	}
	working.Wait()
	a.Logf("answers: %v", answers)
	if answers[limit] == 0 {
		a.Errorf("no answer was %d: the attack met no limit", limit)
	}
	for status, count := range answers {
		if status >= http.StatusInternalServerError {
			a.Errorf("%d answers were %d", count, status)
		}
	}
}

// message is a post in the honest members' class.
func (a *arena) message(text string) harness.Call {
	return harness.Call{Method: http.MethodPost, Path: harness.ClassPath(a.members.class, "messages"), Body: map[string]string{"text": text}}
}

func forgedTokens(ctx context.Context, a *arena) {
	good := strings.Split(harness.Student("honest-0").Token(a.T, time.Hour), ".")
	forger := a.attacker(a.srv.With(a.T, ""))
	a.calls(ctx, forger, http.StatusTooManyRequests, func(n int64) harness.Call {
		forged := fmt.Sprintf("Bearer %s.%s.%043d", good[0], good[1], n)
		return harness.Call{Method: http.MethodGet, Path: "/v1/classes", Header: map[string]string{"Authorization": forged}}
	})
}

func joinGuesses(ctx context.Context, a *arena) {
	var mu sync.Mutex
	guessers := map[int64]string{}
	c := a.attacker(a.srv.With(a.T, ""))
	a.calls(ctx, c, http.StatusTooManyRequests, func(n int64) harness.Call {
		mu.Lock()
		defer mu.Unlock()
		who := n % 50
		if guessers[who] == "" {
			guessers[who] = "Bearer " + harness.Student(fmt.Sprintf("guesser-%d", who)).Token(a.T, time.Hour)
		}
		return harness.Call{
			Method: http.MethodPost, Path: harness.ClassPath(a.members.class, "join"), Body: fmt.Sprintf(`{"code":"AAAA-%04d"}`, n%10_000),
			Header: map[string]string{"Authorization": guessers[who]},
		}
	})
}

func postFlood(ctx context.Context, a *arena) {
	a.calls(ctx, a.pupil("flooder"), http.StatusTooManyRequests, func(n int64) harness.Call {
		return a.message(fmt.Sprintf("number %d of a flood", n))
	})
}

func repeats(ctx context.Context, a *arena) {
	a.calls(ctx, a.pupil("parrot"), http.StatusTooManyRequests, func(int64) harness.Call {
		return a.message("subscribe to my channel!!!")
	})
}

func mentionFlood(ctx context.Context, a *arena) {
	a.calls(ctx, a.pupil("crier"), http.StatusTooManyRequests, func(n int64) harness.Call {
		var text strings.Builder
		fmt.Fprintf(&text, "look, number %d:", n)
		for i := range int64(20) {
			fmt.Fprintf(&text, " @honest-%d", (n*20+i)%honest)
		}
		return a.message(text.String())
	})
}

func typingFlood(ctx context.Context, a *arena) {
	a.calls(ctx, a.pupil("fidget"), http.StatusTooManyRequests, func(n int64) harness.Call {
		return harness.Call{Method: http.MethodPut, Path: harness.ClassPath(a.members.class, "typing"), Body: map[string]bool{"typing": n%2 == 0}}
	})
}

func keyFlood(ctx context.Context, a *arena) {
	a.calls(ctx, a.pupil("keymaker"), http.StatusTooManyRequests, func(n int64) harness.Call {
		call := a.message(fmt.Sprintf("key %d", n))
		call.Header = map[string]string{"Idempotency-Key": fmt.Sprintf("%0255d", n)}
		return call
	})
}

func giantBodies(ctx context.Context, a *arena) {
	giant := `{"text":"` + strings.Repeat("🧪", 1<<20) + `"}` // 4 MiB
	c := a.pupil("giant")
	var answered atomic.Int64
	var working sync.WaitGroup
	for range 4 {
		working.Go(func() {
			for ctx.Err() == nil {
				call := a.message("")
				call.Body = giant
				if resp, err := c.Send(ctx, call); err == nil && (resp.Status == http.StatusRequestEntityTooLarge || resp.Status == http.StatusTooManyRequests) {
					answered.Add(1)
				} else if err == nil {
					a.Errorf("a giant body: status %d", resp.Status)
				}
			}
		})
	}
	working.Wait()
	a.Logf("%d were refused with an answer", answered.Load())
}

func idGuesses(ctx context.Context, a *arena) {
	c := a.attacker(a.srv.As(a.T, harness.Student("burglar")))
	a.calls(ctx, c, http.StatusNotFound, func(n int64) harness.Call {
		class := a.members.class
		if n%2 == 0 {
			class = fmt.Sprintf("%s%012x", class[:len(class)-12], n)
		}
		path := []string{"", "messages", "members", "events", "stream", "presence"}[n%6]
		if path == "" {
			return harness.Call{Method: http.MethodGet, Path: harness.ClassPath(class)}
		}
		return harness.Call{Method: http.MethodGet, Path: harness.ClassPath(class, path)}
	})
}
