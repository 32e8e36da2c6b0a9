package handlers

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/go-chi/httprate"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// maxTallyKeys is how many users or addresses are counted at a time: some 20 MB. Beyond it the one that was quiet for
// the longest time is forgotten, and starts at zero: to get rid of what was counted for it a user would need so many
// other users' tokens within a minute or two, and an address so many addresses (of IPv6, networks) with a token to each.
const maxTallyKeys = 100_000

// tally counts what each key did of each kind, in the current minute and in the one before. A key is kept as its hash, so
// its length costs nothing; the hash is salted, so nobody can make one that counts for somebody else.
type tally struct {
	seed maphash.Seed
	mu   sync.Mutex // guards keys
	keys *simplelru.LRU[uint64, *counts]
}

// counts is what one key did.
type counts struct {
	window int64 // when the current minute began, in Unix seconds
	calls  [limitKinds]struct{ current, previous uint32 }
}

func newTally(size int) *tally {
	keys, err := simplelru.NewLRU[uint64, *counts](size, nil)
	if err != nil {
		panic(err) // a size above zero is all it asks for
	}
	return &tally{seed: maphash.MakeSeed(), keys: keys}
}

// of is the counter of one kind.
func (t *tally) of(kind limitKind) tallyColumn { return tallyColumn{t, kind} }

// findLocked is what a key did up to the minute that begins with window, or nil.
func (t *tally) findLocked(hash uint64, window time.Time) *counts {
	c, ok := t.keys.Get(hash)
	if ok {
		c.turn(window.Unix())
	}
	return c
}

// turn goes on to another minute.
func (c *counts) turn(window int64) {
	const minute = int64(limitWindow / time.Second)
	switch window {
	case c.window, c.window - minute: // the latter for a call that is older than the minute
		return
	case c.window + minute:
		for kind := range c.calls {
			c.calls[kind].previous, c.calls[kind].current = c.calls[kind].current, 0
		}
	default: // long ago, or somebody has set the clock
		clear(c.calls[:])
	}
	c.window = window
}

// tallyColumn is a tally as httprate counts one kind with it. It has no errors.
type tallyColumn struct {
	*tally
	kind limitKind
}

var _ httprate.LimitCounter = tallyColumn{}

// Config is told what the limiter knows itself.
func (t tallyColumn) Config(int, time.Duration) {}

// Increment counts one call.
func (t tallyColumn) Increment(key string, window time.Time) error {
	return t.IncrementBy(key, window, 1)
}

// IncrementBy counts calls.
func (t tallyColumn) IncrementBy(key string, window time.Time, calls int) error {
	hash := maphash.String(t.seed, key)
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.findLocked(hash, window)
	if c == nil {
		c = &counts{window: window.Unix()}
		t.keys.Add(hash, c)
	}
	c.calls[t.kind].current += uint32(calls)
	return nil
}

// Get is what was counted in a minute and in the one before.
func (t tallyColumn) Get(key string, window, _ time.Time) (current, previous int, _ error) {
	hash := maphash.String(t.seed, key)
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.findLocked(hash, window)
	if c == nil {
		return 0, 0, nil
	}
	calls := c.calls[t.kind]
	return int(calls.current), int(calls.previous), nil
}
