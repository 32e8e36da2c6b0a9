package storagetest

import (
	"sync/atomic"
	"time"

	"homeroom/events"
)

// clock is a store's clock: the system's until a test stops it.
type clock struct {
	stopped atomic.Int64 // the moment; 0 while it goes
}

func (c *clock) now() events.Time {
	if at := c.stopped.Load(); at != 0 {
		return events.Time(at)
	}
	return events.Now()
}

// stop has it show a moment from now on.
func (c *clock) stop(at events.Time) { c.stopped.Store(int64(at)) }

// pass lets time pass on a clock that otherwise stands still, and returns the moment.
func (c *clock) pass(d time.Duration) events.Time {
	c.stop(later(c.now(), d))
	return c.now()
}

func later(at events.Time, d time.Duration) events.Time { return at + events.Time(d.Milliseconds()) }
