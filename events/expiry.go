package events

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// expiry ends streams when their tokens expire, with one timer for all.
type expiry struct {
	wake chan struct{} // has room for one: "the first is another one"

	mu    sync.Mutex // guards what follows
	queue expiring
}

func newExpiry() *expiry { return &expiry{wake: make(chan struct{}, 1)} }

// add has a stream end at a moment, unless it is removed before.
func (x *expiry) add(s *Stream, at time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s.expires = at.UnixNano()
	heap.Push(&x.queue, s)
	if x.queue[0] == s {
		select {
		case x.wake <- struct{}{}:
		default:
		}
	}
}

// remove undoes add. It may come after the stream was ended.
func (x *expiry) remove(s *Stream) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i := s.expiryIndex; i < len(x.queue) && x.queue[i] == s {
		heap.Remove(&x.queue, i)
	}
}

// run ends streams in time until ctx ends.
func (x *expiry) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-x.wake:
		}
		if next, waiting := x.end(time.Now()); waiting {
			timer.Reset(next)
		}
	}
}

// end ends the streams that are due, and reports how long the next one has.
func (x *expiry) end(now time.Time) (next time.Duration, waiting bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for len(x.queue) > 0 {
		first := x.queue[0]
		if left := first.expires - now.UnixNano(); left > 0 {
			return time.Duration(left), true
		}
		heap.Pop(&x.queue)
		first.finish(ReasonTokenExpired)
	}
	return 0, false
}

// expiring is a heap by expires.
type expiring []*Stream

func (q expiring) Len() int           { return len(q) }
func (q expiring) Less(i, j int) bool { return q[i].expires < q[j].expires }

func (q expiring) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].expiryIndex, q[j].expiryIndex = i, j
}

// Push implements [heap.Interface].
func (q *expiring) Push(x any) {
	s := x.(*Stream)
	s.expiryIndex = len(*q)
	*q = append(*q, s)
}

// Pop implements [heap.Interface].
func (q *expiring) Pop() any {
	last := len(*q) - 1
	s := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return s
}
