package events

import (
	"context"
	"sync"
	"time"
)

// wheelSlots is how many parts a heartbeat's interval has. Streams are spread over them, so that the beats of many
// streams are not written in one instant and hold up nothing else, with one timer for all.
const wheelSlots = 256

// wheel sends heartbeats.
type wheel struct {
	interval time.Duration

	mu    sync.Mutex // guards what follows, and the streams' places
	slots [wheelSlots][]*Stream
	next  int // the slot that newcomers get
}

// place is where a stream is on the wheel; zero: nowhere.
type place struct{ slot, index int32 } // index counts from 1

func newWheel(interval time.Duration) *wheel { return &wheel{interval: interval} }

// add gives a stream heartbeats until it is removed.
func (w *wheel) add(s *Stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slots[w.next] = append(w.slots[w.next], s)
	s.place = place{int32(w.next), int32(len(w.slots[w.next]))}
	w.next = (w.next + 1) % wheelSlots
}

// remove takes a stream off; the last one of its slot gets its place.
func (w *wheel) remove(s *Stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	slot, index := &w.slots[s.place.slot], s.place.index-1
	if index < 0 {
		return
	}
	last := len(*slot) - 1
	(*slot)[index] = (*slot)[last]
	(*slot)[index].place = s.place
	(*slot)[last] = nil
	*slot = (*slot)[:last]
	s.place = place{}
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
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.slots[slot]) == 0 {
		return
	}
	frame, err := newFrame(Heartbeat, heartbeat{Type: Heartbeat, At: Now()})
	if err != nil {
		panic(err) // a string and a time always encode
	}
	for _, s := range w.slots[slot] {
		s.push(frame, nil)
	}
}
