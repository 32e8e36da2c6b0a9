package storage

import (
	"context"
	"time"

	"homeroom/events"
)

// MaxSlowMode is the longest that slow mode makes a member wait between two messages, in seconds.
const MaxSlowMode = 3600

// SlowModeError is for a message that comes too soon after its author's last one.
type SlowModeError struct {
	Wait time.Duration // until the next one may come; more than zero
}

func (e *SlowModeError) Error() string { return "slow mode: wait " + e.Wait.String() }

// unhurried refuses a message that slow mode has wait. The author's last message is looked for only where there is slow
// mode, and among those that lie in its time: posting anywhere else costs nothing.
func (b *batch) unhurried(ctx context.Context, a *access) error {
	pause := events.Time(a.class.SlowMode * time.Second.Milliseconds())
	if pause == 0 || a.exempt(slowed) {
		return nil
	}
	last, err := b.tx.LastPost(ctx, a.class.ID, a.user, b.now-pause)
	if err != nil || last == 0 {
		return err
	}
	// Another node's clock may be ahead; nobody waits longer for that.
	wait := min(last+pause-b.now, pause)
	return &SlowModeError{time.Duration(wait) * time.Millisecond}
}
