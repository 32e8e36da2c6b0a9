package events

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Stream is one reader of a class: the class's channel, the user's inbox and the system channel.
//
// Whoever opened it runs it, from one goroutine, by Run or Collect, and that goroutine owns all that mu doesn't
// guard. Feeds and the hub reach it only through push and finish, which never block.
type Stream struct {
	// Connection names the stream in stream.ready and in logs.
	Connection string

	hub   *Hub
	user  string
	admin bool
	class string
	epoch string
	tag   string
	retry time.Duration

	legs [legCount]leg
	out  []queued // to be sent next, before anything in live
	sent int      // how many of out are done

	events   int64            // logged events given out
	patience <-chan time.Time // ends next's waiting; nil: never

	mu     sync.Mutex // guards what follows
	live   []queued   // what arrived since out was filled
	reason Reason     // why the stream ends; "" while it goes on
	abort  func()     // unblocks a write that is under way

	wake chan struct{} // has room for one: "live or reason changed since you looked"
}

// The legs of a class's stream: the channels that it carries, in the order of its cursor.
const (
	legClass = iota
	legUser
	legSystem
	legCount
)

// noLeg marks frames that belong to no channel.
const noLeg = -1

// leg is a stream's part in one channel.
type leg struct {
	feed     *feed
	pos      int64 // the last event given out
	attached bool
	slot     int // index in feed.receivers; guarded by feed.mu
}

// queued is a frame on its way to one stream.
type queued struct {
	frame *Frame
	leg   int
}

// push queues a frame. A stream that has too many waiting is cut: it holds up nobody, and comes back by its cursor.
func (s *Stream) push(frame *Frame, leg int) {
	s.mu.Lock()
	if s.reason == "" && len(s.live) < s.hub.cfg.Queue {
		s.live = append(s.live, queued{frame, leg})
		s.mu.Unlock()
		s.rouse()
		return
	}
	s.mu.Unlock()
	s.finish(ReasonSlowReader)
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
	for given := false; ; {
		for s.sent < len(s.out) {
			q := s.out[s.sent]
			s.sent++
			if err := s.advance(q); err != nil {
				return err
			}
			given = true
			if !take(q.frame) {
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

// advance moves the position past a frame. Seqs are contiguous by the feed's invariant; should that ever break, the
// stream ends and the client resumes, rather than be left with a hole.
func (s *Stream) advance(q queued) error {
	if q.leg == noLeg || q.frame.seq == 0 {
		return nil
	}
	l := &s.legs[q.leg]
	if q.frame.seq != l.pos+1 {
		return fmt.Errorf("stream of %s: event %d follows %d", l.feed.channel, q.frame.seq, l.pos)
	}
	l.pos++
	s.events++
	return nil
}

// refill takes what has arrived; out is used up when it is called.
func (s *Stream) refill() Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.out) // let go of the frames
	s.out, s.live, s.sent = s.live, s.out[:0], 0
	return s.reason
}

// catchUp moves a leg that isn't live yet towards it: attaches it, or reads a batch of what it lacks from the log.
// It reports whether it did anything.
func (s *Stream) catchUp(ctx context.Context) (bool, error) {
	for i := range s.legs {
		if !s.legs[i].attached {
			return true, s.catchUpLeg(ctx, i)
		}
	}
	return false, nil
}

func (s *Stream) catchUpLeg(ctx context.Context, i int) error {
	l := &s.legs[i]
	attached, err := l.feed.attach(s, i)
	if errors.Is(err, errDropped) {
		l.feed, err = s.hub.feed(ctx, l.feed.channel)
		return err // the next call attaches to it
	}
	if err != nil {
		return err
	}
	if attached {
		l.attached = true
		s.hub.metrics.replays.WithLabelValues("ring").Inc()
		return nil
	}
	return s.replay(ctx, i)
}

// replay reads a batch from the log. The right to read is checked after the batch was read: nothing is given to
// someone who lost it in the meantime.
func (s *Stream) replay(ctx context.Context, i int) error {
	l := &s.legs[i]
	s.hub.metrics.replays.WithLabelValues("log").Inc()
	evs, err := s.hub.read(ctx, l.feed.channel, l.pos, logBatch)
	if err != nil {
		return fmt.Errorf("replay %s: %w", l.feed.channel, err)
	}
	if !l.feed.allows(s) {
		return ErrNoAccess
	}
	if len(evs) == 0 { // the feed's head is committed, so what lacks can only have been trimmed
		return s.skip(i, l.feed.extent().Head)
	}
	if first := evs[0].Seq; first != l.pos+1 {
		if err := s.skip(i, first-1); err != nil {
			return err
		}
	}
	for j := range evs {
		frame, err := eventFrame(&evs[j])
		if err != nil {
			return err
		}
		s.out = append(s.out, queued{frame, i})
	}
	return nil
}

// skip passes over events that are no longer kept, and says so in band.
func (s *Stream) skip(i int, to int64) error {
	l := &s.legs[i]
	var lost *Lost
	if i == legClass {
		lost = &Lost{From: l.pos + 1, To: to}
	}
	l.pos = to
	return s.queueResync(ResyncTrimmed, lost)
}

// cursor is the position after what has been given out.
func (s *Stream) cursor() Cursor {
	return Cursor{
		Epoch: s.epoch, Tag: s.tag,
		Class: s.legs[legClass].pos, User: s.legs[legUser].pos, System: s.legs[legSystem].pos,
	}
}

// queueReady queues stream.ready, which gives the cursor that the client holds from now on.
func (s *Stream) queueReady(cursor string) error {
	frame, err := newFrame(StreamReady, ready{
		Type: StreamReady, Class: s.class, Cursor: cursor, Connection: s.Connection,
		HeartbeatMS: s.hub.cfg.Heartbeat.Milliseconds(), RetryMS: s.retry.Milliseconds(), At: Now(),
	})
	if err != nil {
		return err
	}
	frame.prefix(fmt.Sprintf("retry: %d\nid: %s\n", s.retry.Milliseconds(), cursor))
	s.out = append(s.out, queued{frame, noLeg})
	return nil
}

// queueResync queues resync, which moves the client's cursor to the present positions.
func (s *Stream) queueResync(reason ResyncReason, lost *Lost) error {
	cursor := s.cursor().String()
	frame, err := newFrame(Resync, resync{
		Type: Resync, Class: s.class, Reason: reason, Lost: lost, Reload: s.hub.cfg.Reload(s.class), Cursor: cursor,
	})
	if err != nil {
		return err
	}
	frame.prefix("id: " + cursor + "\n")
	s.out = append(s.out, queued{frame, noLeg})
	return nil
}

// close lets go of the feeds. The stream's goroutine calls it last.
func (s *Stream) close() {
	for i := range s.legs {
		if l := &s.legs[i]; l.attached {
			l.attached = false
			l.feed.detach(s, i)
		}
	}
	s.hub.remove(s)
}
