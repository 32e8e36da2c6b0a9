package spam

import (
	"hash/maphash"

	"homeroom/events"
)

// Verdict is what becomes of a post. The zero Verdict lets it pass.
type Verdict struct {
	Reason Reason      // why its author is paused
	Until  events.Time // when the pause is over
	Held   bool        // by this post: else the pause was there before, and goes on as it would have
}

// Post judges a message of a user.
func (t *Trial) Post(user, class string, text Text, mentions int) Verdict {
	if t == nil {
		return Verdict{}
	}
	p := post{
		at: t.now, text: text.hash, class: uint32(maphash.String(t.guard.seed, class)) | 1,
		links: small(text.links), mentions: small(mentions),
	}
	return t.judge(user, p, text.links, func(m *member) Reason {
		switch {
		case m.repeats(p, t.guard.rules.bound(text)):
			return Repeat
		case m.floods(p, &t.guard.rules):
			return Flood
		}
		return ""
	})
}

// Edit judges another text of a message of a user that mentions so many whom it didn't mention before. What was there
// before doesn't count.
func (t *Trial) Edit(user string, before, after Text, mentions int) Verdict {
	added := after.links - before.links
	if t == nil || added <= 0 && mentions == 0 {
		return t.Paused(user)
	}
	p := post{at: t.now, links: small(max(added, 0)), mentions: small(mentions)}
	each := 0
	if added > 0 {
		each = after.links
	}
	return t.judge(user, p, each, func(*member) Reason { return "" })
}

// Paused is the pause of a user, if there is one.
func (t *Trial) Paused(user string) Verdict {
	if t == nil {
		return Verdict{}
	}
	m := t.touched[user]
	if m == nil {
		m, _ = t.guard.members.Peek(user)
	}
	if m == nil || t.now >= m.until {
		return Verdict{}
	}
	return Verdict{Reason: m.reason, Until: m.until}
}

// Pardon ends the pause of a user, and takes the offence back.
func (t *Trial) Pardon(user string) {
	if t == nil || t.Paused(user) == (Verdict{}) {
		return
	}
	m := t.member(user)
	m.until = t.now
	m.offences--
}

// judge judges a post with so many links by the rules that edits have too, after the others.
func (t *Trial) judge(user string, p post, links int, others func(*member) Reason) Verdict {
	if paused := t.Paused(user); paused != (Verdict{}) {
		return paused
	}
	rules := &t.guard.rules
	m := t.member(user)
	m.forget(later(t.now, -rules.Window), t.guard.posts)
	reason := others(m)
	switch {
	case reason != "":
	case p.mentions > 0 && exceeds(m.mentions()+int(p.mentions), rules.Mentions):
		reason = Mentions
	case p.links > 0 && (exceeds(links, rules.LinksEach) || exceeds(m.links()+int(p.links), rules.Links)):
		reason = Links
	}
	if reason == "" {
		m.remember(p)
		return Verdict{}
	}
	m.offend(reason, t.now, rules)
	return Verdict{Reason: reason, Until: m.until, Held: true}
}

// bound is how often a text may be repeated.
func (r *Rules) bound(text Text) int {
	if text.short {
		return r.ShortRepeats
	}
	return r.Repeats
}

// repeats reports whether one more post with the text of one is too many.
func (m *member) repeats(p post, bound int) bool {
	n := 1
	for _, old := range m.posts {
		if old.class != 0 && old.text == p.text {
			n++
		}
	}
	return exceeds(n, bound)
}

// floods reports whether one more post is too many in too many classes.
func (m *member) floods(p post, r *Rules) bool {
	if r.FloodClasses < 0 {
		return false
	}
	classes, n := map[uint32]bool{p.class: true}, 1
	for _, old := range m.posts {
		if old.class != 0 {
			classes[old.class] = true
			n++
		}
	}
	return exceeds(n, r.FloodPosts) && len(classes) >= r.FloodClasses
}

// mentions counts those of the window.
func (m *member) mentions() (n int) {
	for _, p := range m.posts {
		n += int(p.mentions)
	}
	return n
}

// links counts those of the window.
func (m *member) links() (n int) {
	for _, p := range m.posts {
		n += int(p.links)
	}
	return n
}
