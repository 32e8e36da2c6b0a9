package events

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// leg is a stream's part in one channel. The stream's goroutine owns all but slot.
type leg struct {
	feed     *feed
	class    string // "" for the inbox and the system channel
	key      ClassKey
	pos      int64 // the last event given out
	attached bool
	seated   bool  // counted in the class's presence
	rejoined int64 // the last event by which the user became a member, as the inbox told
	slot     int   // index in feed.receivers, or noSlot; guarded by feed.mu
}

// noSlot marks a leg that is no receiver of its feed.
const noSlot = -1

// newLeg makes a leg that still has to catch up.
func newLeg(f *feed, pos int64) *leg {
	class := f.channel.Class()
	return &leg{feed: f, class: class, key: KeyOf(class), pos: pos, slot: noSlot}
}

// addClass adds a leg for a class, in the order of a cursor.
func (s *Stream) addClass(l *leg) error {
	at, _ := slices.BinarySearchFunc(s.classes, l, func(a, b *leg) int { return cmp.Compare(a.key, b.key) })
	s.classes = slices.Insert(s.classes, at, l)
	l.feed.expect(s)
	return s.show(l)
}

// legFor is the leg of a class, or nil.
func (s *Stream) legFor(class string) *leg {
	for _, l := range s.classes {
		if l.class == class {
			return l
		}
	}
	return nil
}

// eachLeg calls do for every leg until it fails or has done something.
func (s *Stream) eachLeg(do func(*leg) (bool, error)) (bool, error) {
	for _, l := range [...]*leg{s.inbox, s.system} {
		if done, err := do(l); done || err != nil {
			return done, err
		}
	}
	for _, l := range s.classes {
		if done, err := do(l); done || err != nil {
			return done, err
		}
	}
	return false, nil
}

// catchUp moves a leg that isn't live yet towards it: attaches it, or reads a batch of what it lacks from the log.
// It reports whether it did anything.
func (s *Stream) catchUp(ctx context.Context) (bool, error) {
	did, err := s.eachLeg(func(l *leg) (bool, error) {
		if l.attached {
			return false, nil
		}
		return true, s.catchUpLeg(ctx, l)
	})
	if did || err != nil || len(s.pending) == 0 {
		return did, err
	}
	return true, s.addPending(ctx)
}

func (s *Stream) catchUpLeg(ctx context.Context, l *leg) error {
	attached, err := l.feed.attach(s, l)
	switch {
	case errors.Is(err, errDropped):
		f, err := s.hub.feed(ctx, l.feed.channel)
		if err != nil {
			return s.orLeave(ctx, l, err)
		}
		l.feed = f // the next call attaches to it
		f.expect(s)
		s.sit(l)
		return nil
	case err != nil:
		return s.orLeave(ctx, l, err)
	case attached:
		l.attached = true
		s.hub.metrics.replays.WithLabelValues("ring").Inc()
		return nil
	}
	return s.replay(ctx, l)
}

// orLeave turns the loss of one class on the stream of all classes into the end of its leg.
func (s *Stream) orLeave(ctx context.Context, l *leg, err error) error {
	if errors.Is(err, ErrNoAccess) && s.all && l.class != "" {
		return s.leave(ctx, l)
	}
	return err
}

// replay reads a batch from the log. The right to read is checked after the batch was read: nothing is given to
// someone who lost it in the meantime.
func (s *Stream) replay(ctx context.Context, l *leg) error {
	s.hub.metrics.replays.WithLabelValues("log").Inc()
	evs, err := s.hub.read(ctx, l.feed.channel, l.pos, logBatch)
	if err != nil {
		return fmt.Errorf("replay %s: %w", l.feed.channel, err)
	}
	if !l.feed.allows(s) {
		return s.orLeave(ctx, l, ErrNoAccess)
	}
	if len(evs) == 0 { // the feed's head is committed, so what lacks can only have been trimmed
		return s.skip(l, l.feed.extent().Head)
	}
	if first := evs[0].Seq; first != l.pos+1 {
		if err := s.skip(l, first-1); err != nil {
			return err
		}
	}
	for j := range evs {
		frame, err := eventFrame(&evs[j])
		if err != nil {
			return err
		}
		s.out = append(s.out, queued{frame, l})
	}
	return nil
}

// skip passes over events that are no longer kept, and says so in band.
func (s *Stream) skip(l *leg, to int64) error {
	var lost *Lost
	if l.class != "" {
		lost = &Lost{From: l.pos + 1, To: to}
	}
	l.pos = to
	return s.queueResync(ResyncTrimmed, s.classOf(l), lost)
}

// classOf is the class that the client reloads when it has lost events of a leg.
func (s *Stream) classOf(l *leg) string {
	if s.all {
		return l.class
	}
	return s.class
}
