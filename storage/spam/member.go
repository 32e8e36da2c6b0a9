package spam

import (
	"math"
	"slices"
	"time"

	"homeroom/events"
)

// member is what is known of a user: what they posted within the window, oldest first, and their offences.
type member struct {
	posts []post

	until    events.Time // when the last pause ends, or ended
	reason   Reason      // of it
	offences int         // in a row
}

// post is what is remembered of a post, or of an edit, whose text isn't.
type post struct {
	at              events.Time
	text            uint64
	class           uint32 // a hash: 0 for an edit
	links, mentions uint16
}

func (m *member) copy() *member {
	twin := *m
	twin.posts = slices.Clone(m.posts)
	return &twin
}

// forget drops posts that have left the window, and the oldest beyond so many.
func (m *member) forget(before events.Time, most int) {
	m.posts = slices.DeleteFunc(m.posts, func(p post) bool { return p.at <= before })
	if beyond := len(m.posts) - most; beyond > 0 {
		m.posts = slices.Delete(m.posts, 0, beyond)
	}
}

// remember adds a post.
func (m *member) remember(p post) { m.posts = append(m.posts, p) }

// offend begins a pause, and with it the counting anew.
func (m *member) offend(reason Reason, now events.Time, r *Rules) {
	if m.offences > 0 && now >= later(m.until, r.Forget) {
		m.offences = 0
	}
	m.posts, m.reason, m.until = nil, reason, later(now, r.pause(m.offences))
	m.offences++
}

// pause is how long one takes after so many offences.
func (r *Rules) pause(offences int) time.Duration {
	pause := r.Pause
	for range offences {
		if pause >= r.PauseMost/time.Duration(r.PauseFactor) {
			return r.PauseMost
		}
		pause *= time.Duration(r.PauseFactor)
	}
	return min(pause, r.PauseMost)
}

func later(at events.Time, d time.Duration) events.Time { return at + events.Time(d.Milliseconds()) }

// small is a count as it is remembered.
func small(n int) uint16 { return uint16(min(n, math.MaxUint16)) }
