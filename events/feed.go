package events

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// errDropped says that the feed has left the hub's table; the table has, or will load, another.
var errDropped = errors.New("feed dropped")

// feed is the live half of one channel on this node: its head, its newest frames, who may read it and who does.
//
// Invariants, all under mu: the ring holds frames contiguous by seq that end with head; every attached stream has
// been queued exactly the frames from its position at attachment to head; members are the class's members as of
// head. Whatever moves head (apply) keeps all three in one step, so attaching needs no second look.
type feed struct {
	channel  Channel
	presence *presence
	ready    chan struct{} // closed once loaded, or once loading failed
	err      error         // why loading failed; read after ready

	mu        sync.Mutex // guards what follows
	head      int64
	trimmed   int64 // as last heard; the log may have trimmed further
	hinted    int64 // the highest seq that is known to exist
	filling   bool  // somebody is reading from the log towards hinted
	loaded    bool
	gone      bool // the class was deleted
	dropped   bool // no longer in the hub's table: it hears of nothing, and nobody may attach
	ring      ring
	members   map[string]struct{} // nil where membership is no matter: inboxes and the system channel
	receivers []receiver
	early     map[*Stream]struct{} // streams that are not attached yet: signals reach them too
	idleSince time.Time            // when the last receiver left
	notices   noticeboard          // of the system channel
	wishes    *Preferences         // of an inbox; nil until somebody asks
	heard     func(*Event)         // who takes the events of the broadcast channel; nil for all others
}

// receiver is one stream's place in a feed: the stream, and which of its legs the feed is.
type receiver struct {
	stream *Stream
	leg    *leg
}

func newFeed(channel Channel, ringSize int, p *presence) *feed {
	return &feed{channel: channel, presence: p, ready: make(chan struct{}), ring: ring{limit: ringSize}, idleSince: time.Now()}
}

// start sets the state as loaded, and reports whether the log is known to have gone on since.
func (f *feed) start(at Extent, tail []*Frame, members map[string]struct{}) (behind bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.head, f.trimmed, f.members, f.loaded = at.Head, at.Trimmed, members, true
	for _, frame := range tail {
		f.ring.push(frame)
	}
	return f.hinted > f.head
}

// offer takes a committed event if it is the next in line. Otherwise it notes how far the log reaches, and reports
// whether the log must be read.
func (f *feed) offer(e *Event, frame *Frame) (behind bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.loaded && e.Seq == f.head+1 {
		f.applyLocked(e, frame)
		return f.hinted > f.head
	}
	f.hinted = max(f.hinted, e.Seq)
	return f.loaded && f.hinted > f.head
}

// hint notes how far the log reaches, and reports whether it must be read.
func (f *feed) hint(at Extent) (behind bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hinted = max(f.hinted, at.Head)
	f.trimmed = max(f.trimmed, at.Trimmed)
	return f.loaded && f.hinted > f.head
}

// applyLocked moves the head on by one event. It is the only place that does.
func (f *feed) applyLocked(e *Event, frame *Frame) {
	f.head = e.Seq
	f.ring.push(frame)
	for _, r := range f.receivers {
		r.stream.push(frame, r.leg)
	}
	if f.heard != nil {
		f.heard(e)
	}
	switch e.Type {
	case MemberJoined:
		if user, err := e.subject(); err == nil && f.members != nil {
			f.members[user] = struct{}{}
		}
	case MemberLeft:
		if user, err := e.subject(); err == nil {
			delete(f.members, user)
			f.expelLocked(ReasonRemoved, e.At, func(s *Stream) bool { return s.user == user && !s.admin })
		}
	case PreferencesUpdated:
		f.learnEventLocked(e)
	case SystemNotice:
		_ = f.notices.pinEvent(e) // a notice that can't be read is on no board
	case ClassDeleted:
		f.gone = true
		f.expelLocked(ReasonClassDeleted, e.At, func(*Stream) bool { return true })
	}
	f.presence.apply(f, e)
}

// expelLocked takes the channel away from the streams that match, for a change at a moment. What they were queued before, they still send;
// nothing comes after it.
func (f *feed) expelLocked(reason Reason, at Time, match func(*Stream) bool) {
	for i, r := range slices.Backward(f.receivers) {
		if match(r.stream) {
			f.removeLocked(i)
			r.stream.expel(r.leg, reason, at)
		}
	}
}

// removeLocked takes a receiver out; the last one gets its place.
func (f *feed) removeLocked(slot int) {
	last := len(f.receivers) - 1
	f.receivers[slot].leg.slot = noSlot
	if slot != last {
		f.receivers[slot] = f.receivers[last]
		f.receivers[slot].leg.slot = slot
	}
	f.receivers[last] = receiver{}
	f.receivers = f.receivers[:last]
	if last == 0 {
		f.idleSince = time.Now()
	}
}

// extent reports how far the feed reaches.
func (f *feed) extent() Extent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Extent{Head: f.head, Trimmed: f.trimmed}
}

// keeps reports whether everything after a position is still there: in the log, or at least in the ring.
func (f *feed) keeps(pos int64, at Extent) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return pos >= at.Trimmed || f.ring.covers(pos, f.head)
}

// allowsLocked reports whether the owner of a stream may read the channel at its head.
func (f *feed) allowsLocked(s *Stream) bool {
	if f.gone {
		return false
	}
	if f.members == nil || s.admin {
		return true
	}
	_, ok := f.members[s.user]
	return ok
}

// allows is allowsLocked for callers without the lock.
func (f *feed) allows(s *Stream) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.allowsLocked(s)
}

// attach makes a stream a receiver, and gives it the frames between its position and the head to send first.
// A stream whose position is no longer in the ring is not attached: it must read on from the log.
func (f *feed) attach(s *Stream, l *leg) (attached bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dropped {
		return false, errDropped
	}
	if !f.allowsLocked(s) {
		return false, ErrNoAccess
	}
	if !f.ring.covers(l.pos, f.head) {
		return false, nil
	}
	if missed := int(f.head - l.pos); missed > 0 {
		older, newer := f.ring.newest(missed)
		for _, run := range [...][]*Frame{older, newer} {
			for _, frame := range run {
				s.out = append(s.out, queued{frame, l})
			}
		}
	}
	f.unexpectLocked(s)
	l.slot = len(f.receivers)
	f.receivers = append(f.receivers, receiver{s, l})
	return true, nil
}

// detach ends what attach began, unless the stream was expelled.
func (f *feed) detach(l *leg) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l.slot != noSlot {
		f.removeLocked(l.slot)
	}
}

// dropIdle drops the feed if nobody has read it since the given moment.
func (f *feed) dropIdle(since time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.loaded && f.heard == nil && len(f.receivers)+len(f.early) == 0 && f.idleSince.Before(since) {
		f.dropped = true
	}
	return f.dropped
}

// drop keeps streams from attaching to a feed that leaves the hub's table.
func (f *feed) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropped = true
}
