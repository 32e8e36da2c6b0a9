package harness

import (
	"context"
	"testing"
	"time"
)

// Patience is how long a test waits for something that must happen. It is far
// above what a healthy server needs, since test machines are shared and slow:
// running into it means "never", not "late".
const Patience = 90 * time.Second

// glance is the pause between two looks at a condition that nothing announces.
const glance = 20 * time.Millisecond

// Eventually waits until the condition holds, and fails the test if it
// does not within [Patience].
func Eventually(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), Patience)
	defer cancel()
	for !condition() {
		if !pause(ctx, glance) {
			tb.Fatalf("waited in vain: %s", what)
		}
	}
}

// pause waits for d and reports whether ctx was still alive at its end.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
