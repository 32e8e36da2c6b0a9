package events

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Stream is one reader of a class, or of all classes of a user: their channels, the user's inbox and the system
// channel.
//
// Whoever opened it runs it, by Run, Collect or Serve, and the one goroutine that does owns all that mu doesn't guard;
// how Serve passes it on is said there. Feeds and the hub reach it only through push, expel and finish, which never
// block.
type Stream struct {
	// Connection names the stream in stream.ready and in logs.
	Connection string

	hub     *Hub
	user    string
	admin   bool
	class   string // "" on the stream of all classes
	all     bool
	omitted bool // of all classes, there are more than the stream carries
	epoch   string
	tag     string
	retry   time.Duration
	types   map[Type]bool // those that are wanted; nil: all
	limit   int64         // events after which the stream ends; 0: never
	address string
	counted string // see Request
	since   Time
	access  Access

	poll, absent bool // see Request
	appeared     bool // the user counts as present by this stream

	inbox, system *leg
	classes       []*leg   // ascending by key; just one on a class's stream
	pending       []string // classes that the cursor didn't name; see addPending

	out  []queued // to be sent next, before anything in live
	sent int      // how many of out are done

	told mark // the last id that was given out
	held mark // the last id that was written

	events   int64            // logged events given out
	bytes    int64            // written
	patience <-chan time.Time // ends next's waiting; nil: never
	traffic  traffic          // events and bytes as of the last write, for others

	socket Socket      // of Serve
	ended  func(Ended) // of Serve

	place  place  // guarded by wheel.mu
	expiry *alarm // guarded by expiry.mu
	over   bool   // it has said farewell: its sink may serve another by now; guarded by expiry.mu

	mu      sync.Mutex    // guards what follows
	live    []queued      // what arrived since the owner last looked
	reason  Reason        // why the stream ends; "" while it goes on
	changed Time          // when what ends it happened; 0: nothing did
	abort   func()        // unblocks a write that is under way
	shard   *shard        // of Serve; nil: the stream is never parked
	listed  bool          // on its shard's list
	wake    chan struct{} // has room for one: "live or reason changed since you looked"; nil: the stream is parked
}

// queued is a frame on its way to one stream. Without a leg it belongs to no channel. Without a frame it says that
// the leg is over.
type queued struct {
	frame *Frame
	leg   *leg
}

// push queues a frame. A stream that has too many waiting is cut: it holds up nobody, and comes back by its cursor.
func (s *Stream) push(frame *Frame, l *leg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.reason != "":
	case len(s.live) < s.hub.cfg.Queue:
		s.live = append(s.live, queued{frame, l})
		s.rouseLocked()
	default:
		s.finishLocked(ReasonSlowReader)
	}
}

// expel tells the stream that it has lost a class, which is the end of a class's stream.
func (s *Stream) expel(l *leg, reason Reason, at Time) {
	if s.all {
		s.push(nil, l)
		return
	}
	s.finishFor(reason, at)
}

// finish ends the stream, after what is queued. The first reason stands, but for a client that can't be told any more:
// it gets nothing more either.
func (s *Stream) finish(reason Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finishLocked(reason)
}

func (s *Stream) finishLocked(reason Reason) {
	if s.reason == "" || reason.untold() && !s.reason.untold() {
		s.reason = reason
	}
	if reason.untold() {
		s.live = nil
		if s.abort != nil {
			s.abort()
		}
	}
	s.rouseLocked()
}

// rouseLocked tells the stream's owner to look again: its goroutine by a token that stays until it does, or else its
// shard by the list, so no wakeup is lost.
func (s *Stream) rouseLocked() {
	if s.wake != nil {
		select {
		case s.wake <- struct{}{}:
		default:
		}
		return
	}
	if !s.listed {
		s.listed = true
		s.shard.add(s)
	}
}

// finished is the error with which next reports that the stream has ended.
type finished struct{ reason Reason }

func (f finished) Error() string { return "stream ended: " + string(f.reason) }

// errIdle says that there was nothing to give out, for as long as there is patience.
var errIdle = errors.New("nothing came")

// next gives frames out, in order, until take wants no more or none is left; it waits for the first. A frame that
// take refuses has still been given out.
func (s *Stream) next(ctx context.Context, take func(*Frame) bool) error {
	if s.full() {
		return finished{ReasonLimit}
	}
	for given := false; ; {
		for s.sent < len(s.out) {
			q := s.out[s.sent]
			s.sent++
			wanted, err := s.advance(ctx, q)
			if err != nil {
				return err
			}
			if !wanted {
				continue
			}
			given = true
			if !take(q.frame.as(s.user)) || s.full() {
				return nil
			}
		}
		reason := s.refill()
		switch {
		case len(s.out) > 0:
		case reason != "":
			return finished{reason}
		default:
			more, err := s.catchUp(ctx)
			if err != nil {
				return err
			}
			if more {
				continue
			}
			if given {
				return nil
			}
			if s.socket != nil { // nobody waits here: it can be parked
				return errIdle
			}
			select {
			case <-s.wake:
			case <-s.patience:
				return errIdle
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// advance moves the position past a frame, and reports whether the reader wants it. Seqs are contiguous by the feed's
// invariant; should that ever break, the stream ends and the client resumes, rather than be left with a hole.
func (s *Stream) advance(ctx context.Context, q queued) (wanted bool, err error) {
	switch {
	case q.frame == nil:
		return false, s.leave(ctx, q.leg)
	case q.leg == nil || q.frame.seq == 0:
		return s.wantsSignal(q.frame.typ), nil
	case q.frame.seq <= q.leg.pos: // this node has only now heard of what the client got from another one
		return false, nil
	case q.frame.seq != q.leg.pos+1:
		return false, fmt.Errorf("stream of %s: event %d follows %d", q.leg.feed.channel, q.frame.seq, q.leg.pos)
	}
	q.leg.pos++
	if q.frame.join != nil && s.all {
		if err := s.joinClass(ctx, q.frame.join); err != nil {
			return false, err
		}
	}
	if s.types != nil && !s.types[q.frame.typ] {
		return false, nil
	}
	s.events++
	return true, nil
}

// full reports whether as many events were given out as were asked for.
func (s *Stream) full() bool { return s.limit > 0 && s.events >= s.limit }

// refill takes what has arrived; out is used up when it is called.
func (s *Stream) refill() Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.out) // let go of the frames
	s.out, s.live, s.sent = s.live, s.out[:0], 0
	return s.reason
}

// cursor is the position after what has been given out.
func (s *Stream) cursor() Cursor {
	c := Cursor{Epoch: s.epoch, Tag: s.tag, User: s.inbox.pos, System: s.system.pos}
	if !s.all {
		c.Class = s.classes[0].pos
		return c
	}
	c.Classes = make([]ClassPos, len(s.classes))
	for i, l := range s.classes {
		c.Classes[i] = ClassPos{l.key, l.pos}
	}
	return c
}

// queueReady queues stream.ready, which gives the cursor that the client holds from now on.
func (s *Stream) queueReady(at Cursor) error {
	cursor := at.String()
	frame, err := newFrame(StreamReady, ready{
		Type: StreamReady, Class: orNull(s.class), Cursor: cursor, Connection: s.Connection,
		HeartbeatMS: s.hub.cfg.Heartbeat.Milliseconds(), RetryMS: s.retry.Milliseconds(), At: Now(),
		Classes: s.classIDs(), Omitted: s.omitted,
	})
	if err != nil {
		return err
	}
	frame.prefix(fmt.Sprintf("retry: %d\nid: %s\n", s.retry.Milliseconds(), cursor))
	frame.at = &at
	s.out = append(s.out, queued{frame, nil})
	return s.appear()
}

// queueResync queues resync, which moves the client's cursor to the present positions.
func (s *Stream) queueResync(reason ResyncReason, class string, lost *Lost) error {
	at := s.cursor()
	cursor := at.String()
	frame, err := newFrame(Resync, resync{
		Type: Resync, Class: orNull(class), Reason: reason, Lost: lost, Reload: s.hub.cfg.Reload(class), Cursor: cursor,
	})
	if err != nil {
		return err
	}
	frame.prefix("id: " + cursor + "\n")
	frame.at = &at
	s.out = append(s.out, queued{frame, nil})
	return nil
}

// close lets go of the feeds. The stream's goroutine calls it last.
func (s *Stream) close() {
	_, _ = s.eachLeg(func(l *leg) (bool, error) { // detaching doesn't fail
		if l != nil { // a stream that failed to open lacks legs
			s.letGo(l)
		}
		return false, nil
	})
	s.vanish()
	s.hub.remove(s)
}
