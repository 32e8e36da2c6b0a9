package events

import (
	"context"
	"errors"
	rt "runtime/metrics"
	"slices"
	"time"
)

// ErrOverloaded says that the process has as much memory in use as it may have. The condition passes.
var ErrOverloaded = errors.New("memory is short")

const (
	memoryEvery = time.Second // between looks at the memory in use
	memoryRoom  = 20          // newcomers are let in again when one part in so many is free
	memoryCut   = 100         // the most streams that are cut at a look
)

// UsedMemory is how many bytes the process has from the system: what GOMEMLIMIT counts.
func UsedMemory() uint64 {
	samples := []rt.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	rt.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// watchMemory turns newcomers away while more memory is in use than the limit, and cuts those who lag most, until ctx
// ends. Readers that keep up stay.
func (h *Hub) watchMemory(ctx context.Context) {
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.checkMemory(h.cfg.MemoryUsed())
		}
	}
}

func (h *Hub) checkMemory(used uint64) {
	limit := h.cfg.MemoryLimit
	was := h.short.Load()
	short := used > limit || was && used > limit-limit/memoryRoom
	h.short.Store(short)
	if short != was {
		h.log.Warn("memory", "short", short, "used", used, "limit", limit)
	}
	if used > limit {
		h.cutSlowest(memoryCut)
	}
}

// cutSlowest ends the streams that have most waiting for them, and none that has nothing.
func (h *Hub) cutSlowest(most int) {
	type lagging struct {
		stream *Stream
		frames int
	}
	var slow []lagging
	h.eachStream(func(s *Stream) {
		if n := s.waiting(); n > 0 {
			slow = append(slow, lagging{s, n})
		}
	})
	slices.SortFunc(slow, func(a, b lagging) int { return b.frames - a.frames })
	for _, l := range slow[:min(most, len(slow))] {
		l.stream.finish(ReasonSlowReader)
	}
}

// waiting is how many frames wait for the stream's owner.
func (s *Stream) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.live)
}

// eachStream calls do for every open stream.
func (h *Hub) eachStream(do func(*Stream)) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for s := range h.streams {
		do(s)
	}
}
