package events

import (
	"container/heap"
	"context"
	"time"
)

// alarm is something that happens at a time.
type alarm struct {
	at    time.Time
	ring  func()
	place int // in the heap; noPlace once it has rung or was cancelled
}

const noPlace = -1

// alarms are those that are set, the next one first. Their owner's lock guards them.
type alarms struct {
	heap []*alarm
	wake chan struct{} // has room for one: "there is another next one"
}

func newAlarms() alarms { return alarms{wake: make(chan struct{}, 1)} }

// set has ring called at a time, under the owner's lock.
func (a *alarms) set(at time.Time, ring func()) *alarm {
	one := &alarm{at: at, ring: ring}
	heap.Push((*alarmHeap)(a), one)
	a.moved(one)
	return one
}

// move puts off an alarm that is set.
func (a *alarms) move(one *alarm, at time.Time) {
	one.at = at
	heap.Fix((*alarmHeap)(a), one.place)
	a.moved(one)
}

// cancel does nothing for an alarm that isn't set any more, or is nil.
func (a *alarms) cancel(one *alarm) {
	if one != nil && one.place != noPlace {
		heap.Remove((*alarmHeap)(a), one.place)
	}
}

func (a *alarms) moved(one *alarm) {
	if one.place != 0 {
		return
	}
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// ringDue rings those whose time has come, and tells how long it is until the next one; 0 where there is none.
func (a *alarms) ringDue() time.Duration {
	for len(a.heap) > 0 {
		if wait := time.Until(a.heap[0].at); wait > 0 {
			return wait
		}
		heap.Pop((*alarmHeap)(a)).(*alarm).ring()
	}
	return 0
}

// run has due called, which rings what is due under the lock, whenever it is time.
func (a *alarms) run(ctx context.Context, due func() time.Duration) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-a.wake:
		}
		wait := due()
		if timer.Stop(); wait > 0 {
			timer.Reset(wait)
		}
	}
}

// alarmHeap is alarms as package heap wants them.
type alarmHeap alarms

func (h *alarmHeap) Len() int           { return len(h.heap) }
func (h *alarmHeap) Less(i, j int) bool { return h.heap[i].at.Before(h.heap[j].at) }
func (h *alarmHeap) Swap(i, j int) {
	h.heap[i], h.heap[j] = h.heap[j], h.heap[i]
	h.heap[i].place, h.heap[j].place = i, j
}

func (h *alarmHeap) Push(x any) {
	one := x.(*alarm)
	one.place = len(h.heap)
	h.heap = append(h.heap, one)
}

func (h *alarmHeap) Pop() any {
	last := len(h.heap) - 1
	one := h.heap[last]
	h.heap[last] = nil
	h.heap = h.heap[:last]
	one.place = noPlace
	return one
}
