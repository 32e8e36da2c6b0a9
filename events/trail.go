package events

import "time"

const (
	// activeFor is how long after doing something a member counts as active in a class.
	activeFor = 5 * time.Minute
	// trailMost bounds what a trail remembers of each activeFor. Beyond it nobody is added.
	trailMost = 100_000
)

// trail remembers who did something where in the last minutes. It has the present period and the one before, and no
// timer.
type trail struct {
	began       time.Time // the present period
	now, before map[spot]time.Time
}

// spot is a user in a class.
type spot struct{ class, user string }

func newTrail() trail {
	return trail{began: time.Now(), now: map[spot]time.Time{}, before: map[spot]time.Time{}}
}

// turn begins a new period when the present one is over.
func (t *trail) turn(now time.Time) {
	age := now.Sub(t.began)
	if age < activeFor {
		return
	}
	t.before = t.now
	if age >= 2*activeFor {
		t.before = map[spot]time.Time{}
	}
	t.now, t.began = map[spot]time.Time{}, now
}

func (t *trail) add(now time.Time, class, user string) {
	t.turn(now)
	at := spot{class, user}
	if _, there := t.now[at]; there || len(t.now) < trailMost {
		t.now[at] = now
	}
}

func (t *trail) has(now time.Time, class, user string) bool {
	t.turn(now)
	last, ok := t.now[spot{class, user}]
	if !ok {
		last, ok = t.before[spot{class, user}]
	}
	return ok && now.Sub(last) < activeFor
}
