package events

import (
	"context"
	"time"
)

// A drain ends drainBatch streams every drainPause, so that those who come back don't do so in one instant.
const (
	drainBatch = 500
	drainPause = 20 * time.Millisecond
)

// Drain refuses new streams and ends the open ones. When ctx ends it no longer spreads them out. It returns when all
// have been told, not when all have gone.
func (h *Hub) Drain(ctx context.Context) {
	h.mu.Lock()
	h.closed = true
	open := make([]*Stream, 0, len(h.streams))
	for s := range h.streams { // the map's order is random, which is what is wanted
		open = append(open, s)
	}
	h.mu.Unlock()
	pause := time.NewTicker(drainPause)
	defer pause.Stop()
	for i, s := range open {
		s.finish(ReasonShutdown)
		if (i+1)%drainBatch == 0 {
			select {
			case <-pause.C:
			case <-ctx.Done():
			}
		}
	}
}

// Retry draws the time after which a refused stream is told to come back.
func (h *Hub) Retry() time.Duration { return jitter(h.cfg.Retry) }

// Closed reports whether the hub drains or is closed.
func (h *Hub) Closed() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.closed
}
