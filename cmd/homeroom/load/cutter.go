package load

import (
	"context"
	"math/rand/v2"
	"time"
)

// cutAtRandom cuts connections of randomly chosen readers, evenly over time, until ctx ends.
func (t *trial) cutAtRandom(ctx context.Context) {
	perMinute := t.cfg.Cut * float64(len(t.readers))
	if perMinute == 0 {
		return
	}
	tick := time.NewTicker(max(time.Duration(float64(time.Minute)/perMinute), time.Microsecond))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			t.readers[rand.IntN(len(t.readers))].cut()
		case <-ctx.Done():
			return
		}
	}
}
