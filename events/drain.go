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

// Drain refuses new streams and ends the open ones. It returns when those on sockets have gone, and all others have
// been told. When ctx ends it no longer spreads them out, and cuts those that don't read their last frame.
func (h *Hub) Drain(ctx context.Context) {
	open := h.refuse()
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
	select {
	case <-h.left:
	case <-ctx.Done():
		for _, s := range open {
			s.finish(ReasonSlowReader)
		}
		<-h.left
	}
}

// refuse closes the hub to newcomers, and lists the streams that are open, in random order.
func (h *Hub) refuse() []*Stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.leftLocked()
	open := make([]*Stream, 0, len(h.streams))
	for s := range h.streams {
		open = append(open, s)
	}
	return open
}

// Retry draws the time after which a refused stream is told to come back.
func (h *Hub) Retry() time.Duration { return jitter(h.cfg.Retry) }

// RetryFor is Retry for those who were refused for a reason: where there is no place, there is none in two seconds either.
func (h *Hub) RetryFor(reason Reason) time.Duration {
	if reason == ReasonCrowded {
		return jitter(crowdedRetry)
	}
	return h.Retry()
}

// Closed reports whether the hub drains or is closed.
func (h *Hub) Closed() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.closed
}
