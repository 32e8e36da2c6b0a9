package events

import (
	"context"
	"sync"
	"time"
)

// wheelSlots is how many parts a heartbeat's interval has. Streams are spread over them, so that the beats of many
// streams are not written in one instant, with one timer for all.
const wheelSlots = 16

// wheel sends heartbeats.
type wheel struct {
	interval time.Duration

	mu    sync.Mutex // guards what follows
	slots [wheelSlots]map[*Stream]struct{}
	of    map[*Stream]int // the slot of each stream
	next  int             // the slot that newcomers get
}

func newWheel(interval time.Duration) *wheel {
	w := &wheel{interval: interval, of: map[*Stream]int{}}
	for i := range w.slots {
		w.slots[i] = map[*Stream]struct{}{}
	}
	return w
}

// add gives a stream heartbeats until it is removed.
func (w *wheel) add(s *Stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slots[w.next][s] = struct{}{}
	w.of[s] = w.next
	w.next = (w.next + 1) % wheelSlots
}

func (w *wheel) remove(s *Stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.slots[w.of[s]], s)
	delete(w.of, s)
}

// run turns the wheel until ctx ends.
func (w *wheel) run(ctx context.Context) {
	tick := time.NewTicker(max(w.interval/wheelSlots, time.Millisecond))
	defer tick.Stop()
	for slot := 0; ; slot = (slot + 1) % wheelSlots {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.beat(slot)
		}
	}
}

// beat sends one frame to all streams of a slot.
func (w *wheel) beat(slot int) {
	frame, err := newFrame(Heartbeat, heartbeat{Type: Heartbeat, At: Now()})
	if err != nil {
		panic(err) // a string and a time always encode
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for s := range w.slots[slot] {
		s.push(frame, nil)
	}
}
