package load

import (
	"sync"
	"sync/atomic"
)

// tally counts what happens.
type tally struct {
	members atomic.Int64 // added

	posted, retried, replayed atomic.Int64
	postTimes                 histogram

	delivered, caughtUp, bytes atomic.Int64
	latencies                  histogram // of posts that reached a reader who was there when they were made

	ready, open                    atomic.Int64 // readers that were ever, and are now
	connected, cut, dropped, tried atomic.Int64
	slowDropped, stalls, resyncs   atomic.Int64
	connectTimes                   histogram // dialled to ready, the first time
	reconnectTimes                 histogram // the same, later
	awayTimes                      histogram // connection lost to ready
	catchUpTimes                   histogram // ready to having all that there was by then

	postedInTime, deliveredInTime int64 // while there was posting; of the trial's goroutine

	mu       sync.Mutex // guards closings
	closings map[string]int64
}

// closing counts a stream that the service ended with a reason.
func (t *tally) closing(reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closings == nil {
		t.closings = map[string]int64{}
	}
	t.closings[reason]++
}
