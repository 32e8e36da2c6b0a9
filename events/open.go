package events

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// Request says who wants to read what, and from where.
type Request struct {
	User   string
	Admin  bool // may read every class
	Class  string
	After  *Cursor // nil: from now on
	Oldest bool    // without After: from the oldest event that is kept
}

// Open opens a stream, which the caller must Run or Collect. It returns [ErrNoAccess], [ErrClosed], an error that
// wraps [ErrCursor] for a cursor of another class, or the log's error.
func (h *Hub) Open(ctx context.Context, req Request) (*Stream, error) {
	s := &Stream{
		Connection: uuid.NewString(),
		hub:        h,
		user:       req.User,
		admin:      req.Admin,
		class:      req.Class,
		tag:        ClassTag(req.Class),
		retry:      jitter(h.cfg.Retry),
		wake:       make(chan struct{}, 1),
	}
	if req.After != nil && req.After.Tag != s.tag {
		return nil, fmt.Errorf("%w: it is of another class", ErrCursor)
	}
	if err := h.add(s); err != nil {
		return nil, err
	}
	if err := s.open(ctx, req); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// open finds the feeds and queues the first frames.
func (s *Stream) open(ctx context.Context, req Request) error {
	for i, channel := range [legCount]Channel{ClassChannel(req.Class), UserChannel(req.User), SystemChannel} {
		f, err := s.hub.feed(ctx, channel)
		if err != nil {
			return err
		}
		if !f.allows(s) {
			return ErrNoAccess
		}
		s.legs[i].feed = f
	}
	if req.After == nil {
		for i := range s.legs {
			at := s.legs[i].feed.extent()
			s.legs[i].pos = at.Head
			if req.Oldest {
				s.legs[i].pos = at.Trimmed
			}
		}
		return s.queueReady(s.cursor().String())
	}
	return s.resume(ctx, *req.After)
}

// resume sets the positions that a cursor names. Where it can't be honoured, stream.ready still gives the client's
// own cursor, and only resync moves it: a connection that ends between the two loses nothing.
func (s *Stream) resume(ctx context.Context, after Cursor) error {
	reason, lost := ResyncReason(""), (*Lost)(nil)
	if after.Epoch != s.epoch {
		reason = ResyncEpoch
	}
	for i, pos := range [legCount]int64{after.Class, after.User, after.System} {
		at, err := s.extentReaching(ctx, i, pos)
		if err != nil {
			return err
		}
		switch {
		case reason == ResyncEpoch:
			pos = at.Head
		case pos > at.Head:
			reason, pos = ResyncAhead, at.Head
		case pos < at.Trimmed:
			reason = ResyncTrimmed
			if i == legClass {
				lost = &Lost{From: pos + 1, To: at.Trimmed}
			}
			pos = at.Trimmed
		}
		s.legs[i].pos = pos
	}
	if err := s.queueReady(after.String()); err != nil || reason == "" {
		return err
	}
	return s.queueResync(reason, lost)
}

// extentReaching is a leg's extent. A position past the head may be of an event that another node wrote and this
// one hasn't heard of, so the log is asked before it is called ahead.
func (s *Stream) extentReaching(ctx context.Context, i int, pos int64) (Extent, error) {
	f := s.legs[i].feed
	at := f.extent()
	if pos <= at.Head {
		return at, nil
	}
	heads, err := s.hub.askHeads([]*feed{f})
	if err != nil {
		return Extent{}, err
	}
	truth := heads.Extents[f.channel]
	if truth.Head <= at.Head {
		return at, nil
	}
	if f.hint(truth.Head) {
		s.hub.fill(f)
	}
	return truth, nil
}

// add puts a stream into the hub's table.
func (h *Hub) add(s *Stream) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return ErrClosed
	}
	s.epoch = h.epoch
	h.streams[s] = struct{}{}
	h.metrics.open.Inc()
	h.metrics.opened.Inc()
	return nil
}

// remove undoes add.
func (h *Hub) remove(s *Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.streams[s]; ok {
		delete(h.streams, s)
		h.metrics.open.Dec()
	}
}
