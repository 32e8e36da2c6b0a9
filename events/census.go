package events

import (
	"errors"
	"slices"
	"time"
)

// ErrTooManyStreams says that one of the caps of [Config] is reached. The condition passes.
var ErrTooManyStreams = errors.New("too many streams")

const (
	// supersededRetry is the mean time after which a superseded stream's client is told to come back, if nobody comes
	// back to it before: when it does, it takes the place of another one of its user's.
	supersededRetry = time.Minute
	// crowdedRetry is the mean time after which those are told to come back for whom there is no place.
	crowdedRetry = 30 * time.Second
	// rationWindow is in which time a user's newcomers may supersede as many streams as the user may have, and rationLeast
	// at least: a person who goes from tab to tab.
	rationWindow = time.Minute
	rationLeast  = 10
)

// census counts the open streams for the caps. Hub.mu guards it.
//
// A stream counts for its class and its address from add to remove, as it does in Hub.streams. Remove comes after a
// socket is closed, so a client that never reads keeps its place for as long as it keeps the descriptor. Among its
// user's a stream counts from when it was opened until it is superseded or removed; so there are for a moment more than
// the cap, by the ration at most.
//
// What counts nothing has no entry. So no map has more entries than there are streams.
type census struct {
	classes   map[string]int
	addresses map[string]int
	users     map[string][]*Stream // the oldest first
	rations   map[string]ration    // of those users who have superseded some
}

func newCensus() census {
	return census{classes: map[string]int{}, addresses: map[string]int{}, users: map[string][]*Stream{}, rations: map[string]ration{}}
}

// ration is how many streams a user's newcomers have superseded since a moment.
type ration struct {
	since time.Time
	used  int
}

// full reports whether a cap is reached; 0 is none.
func full(n, most int) bool { return most > 0 && n >= most }

// countLocked counts a newcomer for its class and its address, unless a cap is reached.
func (h *Hub) countLocked(s *Stream) error {
	c, cfg := &h.census, &h.cfg
	if full(len(h.streams), cfg.MaxStreams) || full(c.classes[s.class], cfg.MaxClassStreams) || full(c.addresses[s.counted], cfg.MaxAddressStreams) {
		return ErrTooManyStreams
	}
	if s.class != "" {
		c.classes[s.class]++
	}
	if s.counted != "" {
		c.addresses[s.counted]++
	}
	return nil
}

// discountLocked undoes countLocked and claim.
func (h *Hub) discountLocked(s *Stream) {
	subtract(h.census.classes, s.class)
	subtract(h.census.addresses, s.counted)
	h.census.leave(s)
}

// subtract counts one less under a key, if it counts at all.
func subtract(counts map[string]int, key string) {
	if counts[key]--; counts[key] <= 0 {
		delete(counts, key)
	}
}

// claim gives an open stream its place among its user's. Where there is none the oldest makes room; that is rationed,
// lest clients that come right back supersede each other for ever. A poll supersedes nothing: it can wait.
func (h *Hub) claim(s *Stream) error {
	oldest, err := h.census.claim(s, h)
	if oldest != nil {
		oldest.finish(ReasonSuperseded)
	}
	return err
}

func (c *census) claim(s *Stream, h *Hub) (oldest *Stream, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	most := h.cfg.MaxUserStreams
	if most == 0 {
		return nil, nil
	}
	if own := c.users[s.user]; len(own) >= most {
		if s.poll || !c.spend(s.user, most) {
			return nil, ErrTooManyStreams
		}
		oldest = own[0]
		c.users[s.user] = slices.Delete(own, 0, 1)
	}
	c.users[s.user] = append(c.users[s.user], s)
	return oldest, nil
}

// spend takes one from a user's ration, and reports whether there was one left.
func (c *census) spend(user string, most int) bool {
	r, now := c.rations[user], time.Now()
	if now.Sub(r.since) >= rationWindow {
		r = ration{since: now}
	}
	if r.used >= max(most, rationLeast) {
		return false
	}
	r.used++
	c.rations[user] = r
	return true
}

// leave takes a stream from its user's, if it is among them.
func (c *census) leave(s *Stream) {
	own := c.users[s.user]
	i := slices.Index(own, s)
	if i < 0 {
		return
	}
	if len(own) == 1 {
		delete(c.users, s.user)
		delete(c.rations, s.user)
		return
	}
	c.users[s.user] = slices.Delete(own, i, i+1)
}
