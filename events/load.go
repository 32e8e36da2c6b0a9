package events

import (
	"context"
	"errors"
	"fmt"
)

// feed returns the feed of a channel, loading it if this node has none. Whoever comes while it loads waits for
// the same answer, so a thousand readers of one class cost one read.
func (h *Hub) feed(ctx context.Context, channel Channel) (*feed, error) {
	h.mu.Lock()
	f, ok := h.feeds[channel]
	if !ok {
		if h.closed {
			h.mu.Unlock()
			return nil, ErrClosed
		}
		f = newFeed(channel, h.cfg.Ring, h.presence)
		h.feeds[channel] = f
		h.startLoading(f)
	}
	h.mu.Unlock()
	select {
	case <-f.ready:
		return f, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// startLoading loads a new feed in the background. The caller holds h.mu, so Close can't have begun to wait.
func (h *Hub) startLoading(f *feed) {
	if class := f.channel.Class(); class != "" {
		h.tasks.Go(func() { h.loaded(f, h.loadClass(f, class)) })
		return
	}
	if f.channel == SystemChannel {
		h.tasks.Go(func() { h.loaded(f, h.loadSystem(f)) })
		return
	}
	if f.channel == BroadcastChannel {
		h.tasks.Go(func() { h.loaded(f, h.loadBroadcasts(f)) })
		return
	}
	select {
	case h.heads <- f:
	default: // the queue is full: wait for a place without holding up others
		h.tasks.Go(func() {
			select {
			case h.heads <- f:
			case <-h.ctx.Done():
				h.loaded(f, ErrClosed)
			}
		})
	}
}

// loaded says how loading ended. A feed that failed is dropped, so that the next reader tries again.
func (h *Hub) loaded(f *feed, err error) {
	if err != nil {
		f.err = err
		h.forget(f)
	}
	close(f.ready)
}

// loadClass reads a class's channel and members in one snapshot.
func (h *Hub) loadClass(f *feed, class string) error {
	ctx, cancel := context.WithTimeout(h.ctx, logWait)
	defer cancel()
	h.metrics.logReads.WithLabelValues("load").Inc()
	at, err := h.cfg.Log.Load(ctx, class, h.cfg.Ring)
	if err != nil {
		return fmt.Errorf("load %s: %w", f.channel, err)
	}
	if at.Gone {
		return ErrNoAccess // not kept: ids that somebody guesses must not fill the table
	}
	tail := make([]*Frame, len(at.Tail))
	for i := range at.Tail {
		if tail[i], err = eventFrame(&at.Tail[i]); err != nil {
			return err
		}
	}
	members := make(map[string]struct{}, len(at.Members))
	for _, user := range at.Members {
		members[user] = struct{}{}
	}
	if f.start(at.Extent, tail, members) {
		h.fill(f)
	}
	return nil
}

// loadSystem reads the system channel's extent and the notices that a new stream is shown, in one snapshot.
func (h *Hub) loadSystem(f *feed) error {
	ctx, cancel := context.WithTimeout(h.ctx, logWait)
	defer cancel()
	h.metrics.logReads.WithLabelValues("load").Inc()
	at, err := h.cfg.Log.Noticeboard(ctx)
	if err != nil {
		return fmt.Errorf("load %s: %w", f.channel, err)
	}
	var board noticeboard
	for i := range at.Notices {
		if err := board.pin(&at.Notices[i]); err != nil {
			return err
		}
	}
	f.mu.Lock()
	f.notices = board // it isn't ready: whoever waits for it sees them
	f.mu.Unlock()
	if f.start(at.Extent, nil, nil) {
		h.fill(f)
	}
	return nil
}

// answerHeads loads inboxes, as many as are waiting with one question.
func (h *Hub) answerHeads() {
	for {
		var batch []*feed
		select {
		case f := <-h.heads:
			batch = append(batch, f)
		case <-h.ctx.Done():
			h.refuseHeads()
			return
		}
		for more := true; more && len(batch) < headsMost; {
			select {
			case f := <-h.heads:
				batch = append(batch, f)
			default:
				more = false
			}
		}
		at, err := h.askHeads(batch)
		for _, f := range batch {
			if err == nil && f.start(at.Extents[f.channel], nil, nil) {
				h.fill(f)
			}
			h.loaded(f, err)
		}
	}
}

// refuseHeads answers those who still wait when the hub stops.
func (h *Hub) refuseHeads() {
	for {
		select {
		case f := <-h.heads:
			h.loaded(f, ErrClosed)
		default:
			return
		}
	}
}

// askHeads asks the log for the extents of feeds.
func (h *Hub) askHeads(feeds []*feed) (Heads, error) {
	channels := make([]Channel, len(feeds))
	for i, f := range feeds {
		channels[i] = f.channel
	}
	ctx, cancel := context.WithTimeout(h.ctx, logWait)
	defer cancel()
	h.metrics.logReads.WithLabelValues("heads").Inc()
	at, err := h.cfg.Log.Heads(ctx, channels)
	if err != nil && errors.Is(h.ctx.Err(), context.Canceled) {
		return Heads{}, ErrClosed
	}
	return at, err
}
