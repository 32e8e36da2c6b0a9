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
// Whoever opened it runs it, from one goroutine, by Run or Collect, and that goroutine owns all that mu doesn't
// guard. Feeds and the hub reach it only through push, expel and finish, which never block.
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
	since   Time

	inbox, system *leg
	classes       []*leg   // ascending by key; just one on a class's stream
	pending       []string // classes that the cursor didn't name; see addPending

	out  []queued // to be sent next, before anything in live
	sent int      // how many of out are done

	told Cursor // the last id that was given out
	held Cursor // the last id that was written

	events   int64            // logged events given out
	bytes    int64            // written
	patience <-chan time.Time // ends next's waiting; nil: never

	traffic traffic // the two above as of the last write, for others

	mu     sync.Mutex // guards what follows
	live   []queued   // what arrived since out was filled
	reason Reason     // why the stream ends; "" while it goes on
	abort  func()     // unblocks a write that is under way

	wake chan struct{} // has room for one: "live or reason changed since you looked"
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
	if s.reason == "" && len(s.live) < s.hub.cfg.Queue {
		s.live = append(s.live, queued{frame, l})
		s.mu.Unlock()
		s.rouse()
		return
	}
	s.mu.Unlock()
	s.finish(ReasonSlowReader)
}

// expel tells the stream that it has lost a class, which is the end of a class's stream.
func (s *Stream) expel(l *leg, reason Reason) {
	if s.all {
		s.push(nil, l)
		return
	}
	s.finish(reason)
}

// finish ends the stream, after what is queued. The first reason stands. A slow reader gets nothing more.
func (s *Stream) finish(reason Reason) {
	s.mu.Lock()
	if s.reason == "" {
		s.reason = reason
		if reason == ReasonSlowReader {
			s.live = nil
			if s.abort != nil {
				s.abort()
			}
		}
	}
	s.mu.Unlock()
	s.rouse()
}

// rouse tells the stream's goroutine to look again. The token stays until it does, so no wakeup is lost.
func (s *Stream) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// finished is the error with which next reports that the stream has ended.
type finished struct{ reason Reason }

func (f finished) Error() string { return "stream ended: " + string(f.reason) }

// errIdle says that patience ended before anything came.
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
	return nil
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
	s.hub.remove(s)
}
