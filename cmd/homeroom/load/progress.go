package load

import (
	"fmt"
	"sync"
	"time"
)

const (
	terminalEvery = time.Second      // for someone who watches
	fileEvery     = 10 * time.Second // for a log
	clearLine     = "\r\x1b[2K"      // to the beginning of the line, which is erased (ECMA-48)
)

// showProgress writes a line now and then, until stop is called.
func (t *trial) showProgress() (stop func()) {
	if t.cfg.Progress == nil {
		return func() {}
	}
	every := fileEvery
	if t.cfg.Terminal {
		every = terminalEvery
	}
	done := make(chan struct{})
	var showing sync.WaitGroup
	showing.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		var last mark
		for {
			select {
			case <-done:
				if t.cfg.Terminal {
					_, _ = fmt.Fprint(t.cfg.Progress, clearLine)
				}
				return
			case <-tick.C:
			}
			last = t.show(last)
		}
	})
	return func() {
		close(done)
		showing.Wait()
	}
}

// mark is what was counted at a time.
type mark struct {
	at                time.Time
	posted, delivered int64
}

// show writes a line with what happened since the last one. Nobody is told when that fails: it is only progress.
func (t *trial) show(last mark) mark {
	now := mark{time.Now(), t.tally.posted.Load(), t.tally.delivered.Load()}
	if last.at.IsZero() {
		last.at = t.begun
	}
	seconds := now.at.Sub(last.at).Seconds()
	before, after := "", "\n"
	if t.cfg.Terminal {
		before, after = clearLine, ""
	}
	latency := t.tally.latencies.percentiles()
	_, _ = fmt.Fprintf(t.cfg.Progress, "%s%4.0f s %s: %d members, %d of %d streams, %.0f posts/s, %.0f deliveries/s, p50 %.1f ms, p99 %.1f ms, %d cut, %d back, %d faults%s",
		before, time.Since(t.begun).Seconds(), *t.phase.Load(), t.tally.members.Load(), t.tally.open.Load(), t.cfg.Streams,
		float64(now.posted-last.posted)/seconds, float64(now.delivered-last.delivered)/seconds, latency.P50, latency.P99,
		t.tally.cut.Load()+t.tally.dropped.Load(), t.tally.connected.Load(), t.faults.sum(), after)
	return now
}
