package storage

import (
	"time"

	"homeroom/storage/spam"
)

// HeldReason is which rule against spam a message broke.
type HeldReason = spam.Reason

// The reasons.
const (
	HeldRepeat   = spam.Repeat   // the same text too often
	HeldFlood    = spam.Flood    // too many messages in too many classes
	HeldMentions = spam.Mentions // too many mentions
	HeldLinks    = spam.Links    // too many links
)

// HeldBackError is for a message, or an edit, that looks like spam. Its author is paused.
type HeldBackError struct {
	Reason HeldReason
	Wait   time.Duration // until the pause is over; more than zero
	Kept   bool          // the message is among the class's held messages; an edit is not
}

func (e *HeldBackError) Error() string {
	return "held back (" + string(e.Reason) + ") for " + e.Wait.String()
}

// PausedError is for what its author may not do during a pause. It doesn't make the pause longer.
type PausedError struct {
	Wait time.Duration // until it is over; more than zero
}

func (e *PausedError) Error() string { return "paused for " + e.Wait.String() }

// WithSpamRules has an engine hold back what looks like spam. Without it everything passes.
func WithSpamRules(rules spam.Rules) Option {
	return func(e *Engine) { e.guard = spam.New(rules) }
}

// unpaused refuses what a pause forbids.
func (b *batch) unpaused(a *access) error {
	if a.exempt(paused) {
		return nil
	}
	return b.refuse(b.trial.Paused(a.user))
}

// judgePost judges a message of the caller. It comes last of all checks: what it lets pass counts.
func (b *batch) judgePost(a *access, text spam.Text, mentions []string) error {
	if a.exempt(paused) {
		return nil
	}
	return b.refuse(b.trial.Post(a.user, a.class.ID, text, len(mentions)))
}

// judgeEdit judges another text of a message of the caller, and whom it mentions anew. It comes last too.
func (b *batch) judgeEdit(a *access, before, after spam.Text, mentions []string) error {
	if a.exempt(paused) {
		return nil
	}
	return b.refuse(b.trial.Edit(a.user, before, after, len(mentions)))
}

// refuse is the error of a verdict, and counts it.
func (b *batch) refuse(v spam.Verdict) error {
	if v == (spam.Verdict{}) {
		return nil
	}
	wait := time.Duration(v.Until-b.now) * time.Millisecond
	if !v.Held {
		b.refused = append(b.refused, pausedLabel)
		return &PausedError{wait}
	}
	b.refused = append(b.refused, string(v.Reason))
	return &HeldBackError{Reason: v.Reason, Wait: wait}
}
