package events

import (
	"context"
	"slices"
	"time"
)

// fill reads what a feed has missed from the log, in the background. One reader at a time does it for a feed;
// hints that come meanwhile extend its work.
func (h *Hub) fill(f *feed) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.closed {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.filling || f.dropped || f.hinted <= f.head {
		return
	}
	f.filling = true
	h.tasks.Go(func() { h.fillNow(f) })
}

// fillNow reads until the head has caught up. When the log can't be read it gives up: the next check of heads
// starts anew.
func (h *Hub) fillNow(f *feed) {
	for {
		after, more := f.missing()
		if !more {
			return
		}
		ctx, cancel := context.WithTimeout(h.ctx, logWait)
		evs, err := h.read(ctx, f.channel, after, logBatch)
		cancel()
		if err != nil {
			f.stopFilling()
			if h.ctx.Err() == nil {
				h.log.Error("fill gap", "channel", f.channel, "after", after, "error", err)
			}
			return
		}
		if !h.apply(f, after, evs) {
			f.stopFilling()
			return
		}
	}
}

// reach brings a feed to an event that the log has, at once rather than in the background. Whoever fills the feed at
// the same time does no harm: events are applied in their order, each once.
func (h *Hub) reach(ctx context.Context, f *feed, seq int64) error {
	for {
		after := f.extent().Head
		if after >= seq {
			return nil
		}
		evs, err := h.read(ctx, f.channel, after, logBatch)
		if err != nil {
			return err
		}
		if !h.apply(f, after, evs) || len(evs) == 0 {
			return nil // it was trimmed: who reads on is told
		}
	}
}

// missing reports after which seq the log must be read; when nothing is missing the filling is over, decided in
// the same step, so that a hint either extends this filling or starts another.
func (f *feed) missing() (after int64, more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.filling = f.hinted > f.head
	return f.head, f.filling
}

func (f *feed) stopFilling() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.filling = false
}

// apply takes events read from the log after a seq. It reports false when the log no longer has what comes next,
// since this node was out of touch for longer than the log is kept: the streams then end and come back for a resync.
func (h *Hub) apply(f *feed, after int64, evs []Event) bool {
	frames := make([]*Frame, len(evs))
	for i := range evs {
		var err error
		if frames[i], err = eventFrame(&evs[i]); err != nil {
			h.log.Error("encode event", "channel", f.channel, "seq", evs[i].Seq, "error", err)
			h.abandon(f)
			return false
		}
	}
	f.mu.Lock()
	for i := range evs {
		if evs[i].Seq == f.head+1 {
			f.applyLocked(&evs[i], frames[i])
		}
	}
	stuck := f.head == after && f.hinted > f.head
	f.mu.Unlock()
	if stuck {
		h.log.Warn("gap can't be filled", "channel", f.channel, "after", after)
		h.abandon(f)
	}
	return !stuck
}

// abandon drops a feed that can't go on, and ends its streams.
func (h *Hub) abandon(f *feed) {
	h.forget(f)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropped = true
	for _, r := range f.receivers {
		r.stream.finish(ReasonBehind)
	}
}

// read asks the log for events.
func (h *Hub) read(ctx context.Context, channel Channel, after int64, limit int) ([]Event, error) {
	h.metrics.logReads.WithLabelValues("read").Inc()
	return h.cfg.Log.Read(ctx, channel, after, limit)
}

// watch compares heads with the log's from time to time. It finds what other processes wrote, and a lost last
// hint; it also lets go of feeds that nobody reads.
func (h *Hub) watch() {
	tick := time.NewTicker(h.cfg.Poll)
	defer tick.Stop()
	healthy := true
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		err := h.checkHeads()
		if healthy != (err == nil) && h.ctx.Err() == nil {
			healthy = err == nil
			if healthy {
				h.log.Info("log is back")
			} else {
				h.log.Error("log can't be read; streams stay open", "error", err)
			}
		}
		h.evict(time.Now().Add(-linger))
		h.followBroadcasts() // after a change of the epoch, or an outage, it is gone
	}
}

// checkHeads asks for the heads of all classes and of the system channel, and, in turns, for those of inboxes: a class
// must learn soon whom another process has removed, and inboxes are as many as users.
func (h *Hub) checkHeads() error {
	shared := h.snapshot(func(c Channel) bool { return !c.Inbox() })
	if len(h.inboxes) == 0 {
		h.inboxes = h.snapshot(Channel.Inbox)
	}
	turn := min(len(h.inboxes), headsMost)
	feeds := slices.Concat(shared, h.inboxes[:turn])
	h.inboxes = h.inboxes[turn:]
	for first := true; first || len(feeds) > 0; first = false {
		n := min(len(feeds), headsMost)
		at, err := h.askHeads(feeds[:n])
		if err != nil {
			return err
		}
		if h.changeEpoch(at.Epoch) {
			return nil
		}
		for _, f := range feeds[:n] {
			if f.hint(at.Extents[f.channel]) {
				h.fill(f)
			}
		}
		feeds = feeds[n:]
	}
	return nil
}

// changeEpoch starts over when the log is another one: every stream ends and comes back for a resync.
func (h *Hub) changeEpoch(epoch string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.epoch == epoch {
		return false
	}
	h.log.Warn("epoch changed: closing all streams", "from", h.epoch, "to", epoch)
	h.epoch = epoch
	for _, f := range h.feeds {
		f.drop()
	}
	h.feeds = map[Channel]*feed{}
	for s := range h.streams {
		s.finish(ReasonEpochChanged)
	}
	return true
}

// evict drops feeds that nobody has read since a moment.
func (h *Hub) evict(since time.Time) {
	for _, f := range h.snapshot(func(Channel) bool { return true }) {
		if f.dropIdle(since) {
			h.forget(f)
		}
	}
}
