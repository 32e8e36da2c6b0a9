package events

import (
	"context"
	"sync"
	"time"
)

// pace says when the streams of a class are told of something that changes often: of the first change at once, and
// then once an interval at most, of all that has changed by then. One goroutine serves all classes, and no timer runs
// while nothing changes.
type pace struct {
	interval time.Duration
	wake     chan struct{} // has room for one: "look again"

	mu    sync.Mutex       // guards what follows
	turns map[string]*turn // of classes that have changed, or were told within the interval
	fresh []*turn          // those that are told at once
	later []*turn          // the others, by their time
}

// turn is a class's place in the order.
type turn struct {
	class  string
	at     time.Time // when the class may be told again
	marked bool      // something has changed
}

func newPace(interval time.Duration) *pace {
	return &pace{interval: interval, wake: make(chan struct{}, 1), turns: map[string]*turn{}}
}

// mark says that something of a class has changed. It never blocks.
func (p *pace) mark(class string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.turns[class]; t != nil {
		t.marked = true
		return
	}
	t := &turn{class: class, marked: true}
	p.turns[class] = t
	p.fresh = append(p.fresh, t)
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// take removes the classes whose turn has come, and tells how long it is until the next one.
func (p *pace) take(now time.Time) (due []string, next time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ready := p.fresh
	p.fresh = nil
	for len(p.later) > 0 && !p.later[0].at.After(now) {
		ready = append(ready, p.later[0])
		p.later[0] = nil
		p.later = p.later[1:]
	}
	for _, t := range ready {
		if !t.marked {
			delete(p.turns, t.class)
			continue
		}
		due = append(due, t.class)
		t.marked, t.at = false, now.Add(p.interval)
		p.later = append(p.later, t)
	}
	if len(p.later) == 0 {
		return due, 0
	}
	return due, p.later[0].at.Sub(now)
}

// run calls tell for each class whose turn has come, until ctx ends. When tell says that more is left, the class gets
// another turn.
func (p *pace) run(ctx context.Context, tell func(class string) (more bool)) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		case <-p.wake:
		}
		due, next := p.take(time.Now())
		for _, class := range due {
			if tell(class) {
				p.mark(class)
			}
		}
		if pause.Stop(); next > 0 {
			pause.Reset(next)
		}
	}
}
