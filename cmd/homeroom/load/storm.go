package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// stormPosts is how many posts each class gets while all are away, so that all have something to catch up on.
const stormPosts = 5

// storm cuts all connections at once, and sees how they come back.
type storm struct {
	opened  atomic.Int64 // when all may come back, in nanoseconds of the trial; 0 before
	streams int64
	left    atomic.Int64
	over    chan struct{} // closed when none is left

	reconnectTimes histogram // dialled to ready
	backTimes      histogram // since all may come back, to ready
	catchUpTimes   histogram // since all may come back, to having everything
}

// run cuts everyone, posts, lets all come back, and waits for them within a bound.
func (s *storm) run(ctx context.Context, t *trial) {
	t.gate.shut()
	defer t.gate.open()
	s.over = make(chan struct{})
	s.streams = int64(len(t.readers))
	s.left.Store(s.streams)
	for _, r := range t.readers {
		r.storm.Store(true)
		r.cut()
	}
	missed := &posting{trial: t, most: stormPosts * int64(len(t.classes))}
	missed.post(ctx)
	s.opened.Store(t.now())
	t.gate.open()
	bound := time.NewTimer(t.cfg.Settle)
	defer bound.Stop()
	select {
	case <-s.over:
	case <-bound.C:
	case <-ctx.Done():
	}
}

// ready notes that a reader is back.
func (s *storm) ready(r *reader, now int64) {
	if opened := s.opened.Load(); opened > 0 && r.storm.Load() {
		s.reconnectTimes.record(r.number, now-r.dialled)
		s.backTimes.record(r.number, now-opened)
	}
}

// caughtUp notes that a reader has everything.
func (s *storm) caughtUp(r *reader, now int64) {
	if opened := s.opened.Load(); opened > 0 && r.storm.CompareAndSwap(true, false) {
		s.catchUpTimes.record(r.number, now-opened)
		if s.left.Add(-1) == 0 {
			close(s.over)
		}
	}
}

// gate holds readers back while it is shut.
type gate struct {
	mu     sync.Mutex    // guards closed
	closed chan struct{} // nil while it is open
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed == nil {
		g.closed = make(chan struct{})
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil {
		close(g.closed)
		g.closed = nil
	}
}

// wait waits until it is open, and reports whether ctx lasted.
func (g *gate) wait(ctx context.Context) bool {
	g.mu.Lock()
	closed := g.closed
	g.mu.Unlock()
	if closed != nil {
		select {
		case <-closed:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}
