package spam

import (
	"hash/maphash"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"homeroom/events"
)

const (
	// membersMost is how many members are remembered: those who posted last.
	membersMost = 50_000
	// postsLeast is how many posts of each are remembered at least, within the window.
	postsLeast = 32
)

// Guard knows what members did lately. It belongs to one goroutine, but for Read. A nil Guard lets everything pass.
type Guard struct {
	rules   Rules
	seed    maphash.Seed // of this process: nobody can make texts whose hashes are the same
	posts   int          // that are remembered of a member
	members *simplelru.LRU[string, *member]
}

// New makes a guard of rules.
func New(rules Rules) *Guard {
	rules = rules.orDefaults()
	members, err := simplelru.NewLRU[string, *member](membersMost, nil)
	if err != nil {
		panic(err) // it has a size
	}
	return &Guard{
		rules: rules, seed: maphash.MakeSeed(), members: members,
		posts: max(postsLeast, rules.Repeats, rules.ShortRepeats, rules.FloodPosts),
	}
}

// Trial judges what comes within one transaction, as of a moment.
type Trial struct {
	guard   *Guard
	now     events.Time
	touched map[string]*member // copies
}

// Begin begins a trial. Of those that are begun one after the other, only the last one may be committed.
func (g *Guard) Begin(now events.Time) *Trial {
	if g == nil {
		return nil
	}
	return &Trial{guard: g, now: now, touched: map[string]*member{}}
}

// Commit has count what was judged.
func (t *Trial) Commit() {
	if t == nil {
		return
	}
	for user, m := range t.touched {
		t.guard.members.Add(user, m)
	}
}

// member is a copy of what is known of a user, for the trial to change.
func (t *Trial) member(user string) *member {
	if m := t.touched[user]; m != nil {
		return m
	}
	m := &member{}
	if known, ok := t.guard.members.Peek(user); ok {
		m = known.copy()
	}
	t.touched[user] = m
	return m
}
