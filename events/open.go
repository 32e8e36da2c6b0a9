package events

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// Request says who wants to read what, and from where.
type Request struct {
	User   string
	Admin  bool          // may read every class
	Class  string        // "" for all classes that the user is a member of
	After  *Cursor       // nil: from now on
	Oldest bool          // without After: from the oldest event that is kept
	Types  map[Type]bool // nil: all
	Limit  int           // events after which a Run ends; 0: never

	Address string // where the client is, for admins
	Counted string // under which its address is counted for [Config.MaxAddressStreams]; "": it isn't

	Session string // by which the user is let in; "" if it is none
	Issued  Time   // when the token was; 0: unknown

	Poll   bool // for Collect: gets no presence and typing of the moment
	Absent bool // with Poll: doesn't make the user present
}

// Open opens a stream, which the caller must Run or Collect. It returns [ErrNoAccess], [ErrRevoked], [ErrClosed],
// [ErrOverloaded], [ErrTooManyStreams], an error that wraps [ErrCursor] for a cursor of another stream, or the log's error.
func (h *Hub) Open(ctx context.Context, req Request) (*Stream, error) {
	s := &Stream{
		Connection: uuid.NewString(),
		hub:        h,
		user:       req.User,
		admin:      req.Admin,
		class:      req.Class,
		all:        req.Class == "",
		tag:        allTag,
		retry:      jitter(h.cfg.Retry),
		types:      req.Types,
		limit:      int64(req.Limit),
		address:    req.Address,
		counted:    req.Counted,
		since:      Now(),
		access:     Access{User: req.User, Session: req.Session, Issued: req.Issued},
		poll:       req.Poll,
		absent:     req.Absent,
		wake:       make(chan struct{}, 1),
	}
	if !s.all {
		s.tag = ClassTag(req.Class)
	}
	if req.After != nil && req.After.Tag != s.tag {
		return nil, fmt.Errorf("%w: it is of another stream", ErrCursor)
	}
	if err := h.add(s); err != nil {
		return nil, err
	}
	if _, revoked := h.revocations.of(&s.access); revoked { // one that comes now finds the stream in the table
		s.close()
		return nil, ErrRevoked
	}
	err := s.open(ctx, req)
	if err == nil {
		err = h.claim(s) // now: who may not read supersedes nobody
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// open finds the feeds and queues the first frames. The inbox's position is taken before the classes are looked up,
// so that none that is joined meanwhile is missed: at worst the inbox tells of one that is there already.
func (s *Stream) open(ctx context.Context, req Request) error {
	for _, own := range [...]struct {
		leg     **leg
		channel Channel
	}{{&s.inbox, UserChannel(req.User)}, {&s.system, SystemChannel}} {
		f, err := s.hub.feed(ctx, own.channel)
		if err != nil {
			return err
		}
		*own.leg = newLeg(f, f.extent().Head)
		f.expect(s)
	}
	if s.all {
		if err := s.openAll(ctx, req); err != nil {
			return err
		}
	} else if err := s.openClass(ctx, req); err != nil {
		return err
	}
	if req.After != nil {
		return s.resume(ctx, *req.After)
	}
	if !req.Oldest {
		return s.startNow()
	}
	_, _ = s.eachLeg(func(l *leg) (bool, error) { // looking doesn't fail
		l.pos = l.feed.extent().Trimmed
		return false, nil
	})
	return s.queueReady(s.cursor())
}

// openClass finds the feed of the one class.
func (s *Stream) openClass(ctx context.Context, req Request) error {
	f, err := s.hub.feed(ctx, ClassChannel(req.Class))
	if err != nil {
		return err
	}
	if !f.allows(s) {
		return ErrNoAccess
	}
	pos := f.extent().Head
	if req.After != nil {
		pos = req.After.Class
	}
	return s.addClass(newLeg(f, pos))
}

// resume sets the positions that a cursor names. Where it can't be honoured, stream.ready still gives the client's
// own cursor, and only resync moves it, one loss at a time: a connection that ends in between loses nothing.
func (s *Stream) resume(ctx context.Context, after Cursor) error {
	if err := s.queueReady(after); err != nil {
		return err
	}
	if after.Epoch != s.epoch {
		_, _ = s.eachLeg(func(l *leg) (bool, error) { // looking doesn't fail
			l.pos = l.feed.extent().Head
			return false, nil
		})
		return s.queueResync(ResyncEpoch, s.class, nil)
	}
	s.inbox.pos, s.system.pos = after.User, after.System
	_, err := s.eachLeg(func(l *leg) (bool, error) {
		at, err := s.extentReaching(ctx, l)
		switch {
		case err != nil:
			return false, err
		case l.pos > at.Head:
			l.pos = at.Head
			return false, s.queueResync(ResyncAhead, s.classOf(l), nil)
		case !l.feed.keeps(l.pos, at):
			return false, s.skip(l, at.Trimmed)
		}
		return false, nil
	})
	return err
}

// extentReaching is a leg's extent. A position past the head may be of an event that another node wrote and this
// one hasn't heard of, so the log is asked before it is called ahead.
func (s *Stream) extentReaching(ctx context.Context, l *leg) (Extent, error) {
	at := l.feed.extent()
	if l.pos <= at.Head {
		return at, nil
	}
	heads, err := s.hub.askHeads([]*feed{l.feed})
	if err != nil {
		return Extent{}, err
	}
	truth := heads.Extents[l.feed.channel]
	if truth.Head <= at.Head {
		return at, nil
	}
	if l.feed.hint(truth) {
		s.hub.fill(l.feed)
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
	if h.short.Load() {
		return ErrOverloaded
	}
	if err := h.countLocked(s); err != nil {
		return err
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
		h.discountLocked(s)
		h.metrics.open.Dec()
	}
}
