package storage

import (
	"context"
	"errors"
	"sync"

	"homeroom/events"
)

// deliveriesMost bounds the deliveries that wait. What comes beyond it is let go: the next stream of that user counts
// again.
const deliveriesMost = 10_000

// deliveries gathers how far the cursors of opened streams have come, the furthest of each member, and has the
// committer write many at a time: while one write is under way the next gathers. So a thousand streams that open at
// once cost a few writes, and none of them waits.
type deliveries struct {
	write   func(context.Context, map[MemberKey]int64) error
	wake    chan struct{} // has room for one: "something is waiting, or it is over"
	stopped sync.WaitGroup

	mu      sync.Mutex // guards what follows
	waiting map[MemberKey]int64
	closed  bool
}

func newDeliveries(write func(context.Context, map[MemberKey]int64) error) *deliveries {
	d := &deliveries{write: write, wake: make(chan struct{}, 1), waiting: map[MemberKey]int64{}}
	d.stopped.Go(d.run)
	return d
}

// add notes a delivery. It never blocks.
func (d *deliveries) add(key MemberKey, seq int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before, there := d.waiting[key]
	if d.closed || seq <= before || !there && len(d.waiting) >= deliveriesMost {
		return
	}
	d.waiting[key] = seq
	d.rouse()
}

func (d *deliveries) rouse() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// close writes what is waiting and stops.
func (d *deliveries) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.rouse()
	d.stopped.Wait()
}

func (d *deliveries) run() {
	for range d.wake {
		for {
			next, more := d.take()
			if len(next) == 0 {
				if !more {
					return
				}
				break
			}
			ctx, cancel := context.WithTimeout(context.Background(), commitWait)
			err := d.write(ctx, next)
			cancel()
			if errors.Is(err, ErrUnavailable) {
				d.drop() // they would wait as long once more, and are no loss
			}
		}
	}
}

// take removes at most as many as one transaction should have. It reports more as long as others may come.
func (d *deliveries) take() (next map[MemberKey]int64, more bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	next = map[MemberKey]int64{}
	for key, seq := range d.waiting {
		if len(next) == batchMost {
			break
		}
		next[key] = seq
		delete(d.waiting, key)
	}
	return next, !d.closed
}

func (d *deliveries) drop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.waiting)
}

// Delivered implements [Store].
func (e *Engine) Delivered(p Principal, class string, seq int64) {
	e.deliveries.add(MemberKey{class, p.User}, seq)
}

// writeDeliveries moves members' receipts on. Who is no member any more is passed over, and nobody gets further than
// the log: a cursor is only as true as its client.
func (e *Engine) writeDeliveries(ctx context.Context, delivered map[MemberKey]int64) error {
	var needs Needs
	for key := range delivered {
		needs.Channels = append(needs.Channels, events.ClassChannel(key.Class))
		needs.Classes = append(needs.Classes, key.Class)
		needs.Members = append(needs.Members, key)
		needs.Receipts = append(needs.Receipts, key)
	}
	needs.Channels, needs.Classes = distinct(needs.Channels), distinct(needs.Classes)
	return e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		for key, seq := range delivered {
			if b.rows.Classes[key.Class] == nil || b.rows.Members[key] == nil {
				continue
			}
			if _, err := b.advance(ctx, key, min(seq, b.head(events.ClassChannel(key.Class))), 0); err != nil {
				return err
			}
		}
		return nil
	})
}
