package harness

import (
	"context"
	"sync"
)

// bell wakes everyone who waits for a change of something. The zero bell works.
type bell struct {
	mu sync.Mutex // guards ch
	ch chan struct{}
}

// wait returns a channel that is closed at the next ring. Take it before
// looking at the state that it announces, or the change in between is missed.
func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// until waits for the condition to hold, looking again at every ring.
func (b *bell) until(ctx context.Context, condition func() bool) bool {
	for {
		rung := b.wait()
		if condition() {
			return true
		}
		select {
		case <-rung:
		case <-ctx.Done():
			return condition()
		}
	}
}
