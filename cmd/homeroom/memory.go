package main

import (
	"context"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The heap may grow by half before it is collected, which is half of what Go does by itself: most of it is streams that
// just wait, and the memory that they cost counts. A small heap may grow by gcRoom all the same, lest it be collected
// all the time.
const (
	gcPercent = 50
	gcRoom    = 16 << 20
	gcMost    = 400 // percent
	gcEvery   = time.Second
)

// tuneGC keeps the collector at that until ctx ends, unless GOGC is set.
func tuneGC(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	tick := time.NewTicker(gcEvery)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for present := 0; ; {
		metrics.Read(live)
		if next := gcPercentFor(live[0].Value.Uint64()); next != present {
			debug.SetGCPercent(next)
			present = next
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// gcPercentFor is by how many percent a heap may grow, in steps, so that it is not set anew for every byte.
func gcPercentFor(live uint64) int {
	percent := gcRoom * 100 / max(live, 1)
	return int(min(max(percent/25*25, gcPercent), gcMost))
}

// memoryLimit is the soft limit in bytes, or 0 for none.
func (c *serveCommand) memoryLimit() uint64 {
	if c.MemoryLimit > 0 {
		return c.MemoryLimit << 20
	}
	if hard := debug.SetMemoryLimit(-1); hard < math.MaxInt64 { // GOMEMLIMIT is set
		return uint64(hard) / 10 * 9
	}
	return 0
}
