package main

import (
	"math"
	"runtime/debug"
)

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
