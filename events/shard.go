package events

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// keepQueue is up to which capacity a parked stream keeps its queue. The queues of many streams that have once had much
// to send would cost more memory than making them anew.
const keepQueue = 8

// While the work doesn't end a shard rests after each round for as long as that took: what comes meanwhile goes out
// joined, with one write per stream, which gets more done. After a round that was over at once, or with which all was
// done, it does not rest.
const (
	restFrom = time.Millisecond
	restMost = 25 * time.Millisecond
)

// shard is one of a few goroutines that write to all parked streams. It never blocks: a socket that is full gets a
// goroutine of its own.
//
// What comes while the shard is at work waits for its next round and goes out with one write per stream, so the more
// there is to do, the more a write carries.
type shard struct {
	hub  *Hub
	wake chan struct{} // has room for one: "the list is no longer empty"
	busy atomic.Int64  // since when there is something to send, in nanoseconds; 0: there is nothing

	mu      sync.Mutex    // guards what follows
	list    []*Stream     // parked streams that have something to send, each once
	settled chan struct{} // closed at the end of the round; nil while nobody waits for it

	// The rest belongs to the shard's goroutine.
	round []*Stream
	batch []queued // what one stream is sent
	text  text     // and how it reads
	sum   sum
}

// sum counts what a round has done; the metrics learn of it once a round.
type sum struct{ events, writes, bytes int64 }

func newShard(h *Hub) *shard { return &shard{hub: h, wake: make(chan struct{}, 1)} }

// add puts a stream on the list. Who calls it holds the stream's mutex.
func (d *shard) add(s *Stream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, s)
	if len(d.list) == 1 {
		d.busy.CompareAndSwap(0, time.Now().UnixNano())
		select {
		case d.wake <- struct{}{}:
		default:
		}
	}
}

// run serves rounds until ctx ends.
func (d *shard) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		}
		for d.take() {
			began := time.Now()
			waited := d.busy.Swap(began.UnixNano())
			for i, s := range d.round {
				d.serve(s)
				d.round[i] = nil
			}
			d.text.reset()
			d.report(time.Duration(time.Now().UnixNano() - waited))
			if took := time.Since(began); took >= restFrom && d.pressed() && !d.rest(ctx, took) {
				return
			}
		}
	}
}

// pressed reports whether as much again is to be done as in the round that has just ended, or nearly so.
func (d *shard) pressed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.list) > len(d.round)/2
}

// rest waits for as long as the round took, within bounds, and reports false when ctx ends.
func (d *shard) rest(ctx context.Context, took time.Duration) bool {
	pause := time.NewTimer(min(took, restMost))
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-pause.C:
		return true
	}
}

// take starts a round with all that is listed, and reports whether there is anything.
func (d *shard) take() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.settled != nil {
		close(d.settled)
		d.settled = nil
	}
	d.round, d.list = d.list, d.round[:0]
	if len(d.round) == 0 {
		d.busy.Store(0)
	}
	return len(d.round) > 0
}

// report tells the metrics what a round did.
func (d *shard) report(took time.Duration) {
	m := d.hub.metrics
	m.fanout.Observe(took.Seconds())
	m.delivered.Add(float64(d.sum.events))
	m.writes.Add(float64(d.sum.writes))
	m.bytes.Add(float64(d.sum.bytes))
	d.sum = sum{}
}

// serve sends what a stream has queued, or gives it to a goroutine if that can't be done without blocking.
func (d *shard) serve(s *Stream) {
	s.mu.Lock()
	s.listed = false
	if s.wake != nil { // it has changed hands since it was listed
		s.mu.Unlock()
		return
	}
	d.batch = append(d.batch[:0], s.live...)
	clear(s.live) // let go of the frames
	if s.live = s.live[:0]; cap(s.live) > keepQueue && len(d.batch) <= cap(s.live)/4 {
		s.live = nil
	}
	reason := s.reason
	s.mu.Unlock()

	events := s.events
	rest, unsent, err := d.send(s)
	d.sum.events += s.events - events
	if reason != "" || len(rest) > 0 || len(unsent) > 0 || err != nil || s.full() {
		s.takeOver(rest, unsent, err)
	}
	clear(d.batch)
}

// send writes the batch to a stream. It returns the rest of the batch that takes more than writing, from there on, and
// the bytes that the socket did not take.
func (d *shard) send(s *Stream) (rest []queued, unsent []byte, err error) {
	d.text.start(s)
	for i, q := range d.batch {
		if s.full() || s.mayBlock(q) {
			rest = d.batch[i:]
			break
		}
		wanted, err := s.advance(context.Background(), q) // which doesn't block
		if err != nil {
			return nil, nil, err
		}
		if wanted {
			d.text.add(s, q.frame.as(s.user))
		}
		if d.text.len() >= chunk {
			if unsent, err = d.flush(s); err != nil || len(unsent) > 0 {
				return d.batch[i+1:], unsent, err
			}
			d.text.start(s)
		}
	}
	unsent, err = d.flush(s)
	return rest, unsent, err
}

// flush writes the text, and returns what the socket did not take.
func (d *shard) flush(s *Stream) (unsent []byte, err error) {
	text := d.text.bytes()
	if len(text) == 0 {
		return nil, nil
	}
	n, err := s.socket.TrySend(text)
	if err != nil {
		return nil, errWrite{err}
	}
	s.bytes += int64(n)
	d.sum.bytes += int64(n)
	d.sum.writes++
	if n < len(text) {
		return text[n:], nil
	}
	s.noteWritten()
	return nil, nil
}

// mayBlock reports whether to advance past a frame can take a look into the log.
func (s *Stream) mayBlock(q queued) bool { return q.frame == nil || q.frame.join != nil && s.all }

// enlist gives another stream on a socket its shard: they take turns.
func (h *Hub) enlist(s *Stream) {
	h.mu.Lock()
	h.served++
	d := h.shards[h.turn%len(h.shards)]
	h.turn++
	h.mu.Unlock()
	s.mu.Lock()
	s.shard = d
	s.mu.Unlock()
}

// OnSockets is how many streams are on sockets of their own, which have not been closed yet.
func (h *Hub) OnSockets() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.served
}

// discharge says that one of them has ended.
func (h *Hub) discharge() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.served--
	h.leftLocked()
}

// leftLocked tells Drain once the last stream on a socket has ended.
func (h *Hub) leftLocked() {
	if h.closed && h.served == 0 {
		h.allLeft.Do(func() { close(h.left) })
	}
}
