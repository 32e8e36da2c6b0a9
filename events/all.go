package events

import (
	"context"
	"errors"
	"slices"
)

// MaxClasses is how many classes the stream of all classes carries: the newest, if the user has more. Its cursor grows
// with each, and goes out with every event.
const MaxClasses = 100

// openAll finds the feeds of a user's classes. A class that the cursor doesn't name is pending.
func (s *Stream) openAll(ctx context.Context, req Request) error {
	ids, err := s.hub.cfg.Log.UserClasses(ctx, req.User, MaxClasses+1)
	if err != nil {
		return err
	}
	s.omitted = len(ids) > MaxClasses
	ids = ids[:min(len(ids), MaxClasses)]
	for _, class := range ids {
		pos, known := s.positionOf(req.After, class)
		if req.After != nil && !known {
			s.pending = append(s.pending, class)
			continue
		}
		if err := s.enter(ctx, class, pos); err != nil {
			return err
		}
	}
	return nil
}

// fromHead, as a position, is the feed's head.
const fromHead = -1

// positionOf is where a class goes on, and whether the cursor says so.
func (s *Stream) positionOf(after *Cursor, class string) (pos int64, known bool) {
	if after == nil || after.Epoch != s.epoch {
		return fromHead, after != nil
	}
	i := slices.IndexFunc(after.Classes, func(p ClassPos) bool { return p.Key == KeyOf(class) })
	if i < 0 {
		return fromHead, false
	}
	return after.Classes[i].Seq, true
}

// enter adds a class that the user may read; one that isn't, or no longer, is left out.
func (s *Stream) enter(ctx context.Context, class string, pos int64) error {
	f, err := s.hub.feed(ctx, ClassChannel(class))
	if errors.Is(err, ErrNoAccess) || err == nil && !f.allows(s) {
		return nil
	}
	if err != nil {
		return err
	}
	if pos == fromHead {
		pos = f.extent().Head
	}
	return s.addClass(newLeg(f, pos))
}

// joinClass adds a class of which the inbox has just told, from the event that made the user its member. The inbox
// says it on every node, and again when it is replayed.
func (s *Stream) joinClass(ctx context.Context, j *join) error {
	s.pending = slices.DeleteFunc(s.pending, func(class string) bool { return class == j.class })
	if l := s.legFor(j.class); l != nil {
		l.rejoined = j.seq // which matters if the leg has yet to see that the user left before that
		return nil
	}
	if len(s.classes) >= MaxClasses {
		return nil
	}
	return s.enterFrom(ctx, j.class, j.seq)
}

// enterFrom adds a class from the event on that made the user its member. The inbox may tell of that event before the
// class's feed has it, and until then the feed doesn't know the user; so it is brought that far first.
func (s *Stream) enterFrom(ctx context.Context, class string, seq int64) error {
	f, err := s.hub.feed(ctx, ClassChannel(class))
	if err == nil {
		err = s.hub.reach(ctx, f, seq)
	}
	if errors.Is(err, ErrNoAccess) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.enter(ctx, class, seq-1)
}

// leave ends the leg of a class that the user is no longer a member of, or wasn't for a moment.
func (s *Stream) leave(ctx context.Context, l *leg) error {
	s.letGo(l)
	s.classes = slices.DeleteFunc(s.classes, func(have *leg) bool { return have == l })
	if l.rejoined > l.pos {
		return s.enterFrom(ctx, l.class, l.rejoined)
	}
	return nil
}

// addPending adds the classes that neither the cursor nor the inbox since then has named: what the user has of them
// isn't known, so the client must load them.
func (s *Stream) addPending(ctx context.Context) error {
	class := s.pending[0]
	s.pending = s.pending[1:]
	if err := s.enter(ctx, class, fromHead); err != nil || s.legFor(class) == nil {
		return err
	}
	return s.queueResync(ResyncTrimmed, class, nil)
}

// classIDs are the classes that the stream carries, or is about to.
func (s *Stream) classIDs() []string {
	ids := append([]string{}, s.pending...)
	for _, l := range s.classes {
		ids = append(ids, l.class)
	}
	slices.Sort(ids)
	return ids
}
