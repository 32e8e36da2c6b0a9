package events

import (
	"context"
	"time"
)

const (
	// maxLag is for how long a round of writing may go on before those who post wait for its end.
	maxLag = 20 * time.Millisecond
	// maxSettle is how long they wait at most.
	maxSettle = time.Second
)

// Settle waits while this node has more to write to its streams than it gets done, so that those who post are held to
// the pace at which it delivers. Without that, queues of readers who keep up would overflow. It waits for a second at
// most: posting becomes slow, it does not stop.
func (h *Hub) Settle(ctx context.Context) {
	var patience <-chan time.Time
	for _, d := range h.shards {
		for d.lag() > maxLag {
			if patience == nil {
				timer := time.NewTimer(maxSettle)
				defer timer.Stop()
				patience = timer.C
			}
			select {
			case <-d.roundEnd():
			case <-patience:
				return
			case <-ctx.Done():
				return
			}
		}
	}
}

// lag is for how long the shard has been at its round.
func (d *shard) lag() time.Duration {
	since := d.busy.Load()
	if since == 0 {
		return 0
	}
	return time.Duration(time.Now().UnixNano() - since)
}

// roundEnd is closed at the end of the shard's round. The shard may have ended it already; then it is closed with the
// next, or, since lag is looked at first, without any: see take.
func (d *shard) roundEnd() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.settled == nil {
		d.settled = make(chan struct{})
		if d.busy.Load() == 0 { // it has ended, and none follows
			close(d.settled)
			ended := d.settled
			d.settled = nil
			return ended
		}
	}
	return d.settled
}
