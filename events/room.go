package events

import (
	"slices"
	"time"
)

// room is a class that streams carry: who of its members is there, and who types.
type room struct {
	class string
	feed  *feed            // whose members have the seats
	seats map[string]*seat // of every member

	streams  int                 // that carry the class
	guests   map[string]int      // those of users who are no members: admins
	parting  int                 // members whose last stream closed a moment ago
	changed  map[string]struct{} // users whose state the streams have yet to be told
	snapshot *Frame              // of who is there; nil: not made since something changed
	version  int                 // counts the changes

	typists []*seat // who types; who began first comes first
	typed   *Frame  // that says so; nil: not made since it changed
}

// seat is a member's place in a room.
type seat struct {
	room    *room
	person  *person
	streams int // of the member that carry the class

	since Time      // when the session began; 0: none is under way
	kept  bool      // the session has its place in the register
	left  time.Time // when the last of the streams closed
	end   *alarm    // of the session, set while nobody has the seat

	name   string // while typing: for display
	typing *alarm // when typing ends; nil: doesn't type
}

// enter counts a stream that carries a class, or just makes the members those of a feed that has taken the place of
// another. The caller holds the feed's lock.
func (p *presence) enter(f *feed, user string, counted bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	class := f.channel.Class()
	r := p.rooms[class]
	if r == nil {
		r = &room{class: class, seats: make(map[string]*seat, len(f.members)), guests: map[string]int{}, changed: map[string]struct{}{}}
		p.rooms[class] = r
	}
	if r.feed != f {
		r.feed = f
		p.seatLocked(r, f.members)
	}
	if counted {
		return
	}
	r.streams++
	if s := r.seats[user]; s != nil {
		s.streams++
		p.beginLocked(s)
	} else {
		r.guests[user]++
	}
}

// exit undoes enter.
func (p *presence) exit(class, user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.rooms[class]
	r.streams--
	if s := r.seats[user]; s != nil {
		if s.streams--; s.streams == 0 {
			p.partLocked(s)
		}
	} else if r.guests[user]--; r.guests[user] == 0 {
		delete(r.guests, user)
	}
	p.closeLocked(r)
}

// seatLocked gives seats to the members of a class, and to nobody else.
func (p *presence) seatLocked(r *room, members map[string]struct{}) {
	for user, s := range r.seats {
		if _, ok := members[user]; !ok {
			p.dismissLocked(s)
		}
	}
	for user := range members {
		if r.seats[user] == nil {
			p.admitLocked(r, user)
		}
	}
}

// admitLocked gives a seat to a member, who may have streams here already: an admin who becomes one.
func (p *presence) admitLocked(r *room, user string) {
	who := p.personLocked(user)
	s := &seat{room: r, person: who, streams: r.guests[user]}
	delete(r.guests, user)
	r.seats[user] = s
	who.seats = append(who.seats, s)
	if who.state != Offline {
		p.changedLocked(r, user)
	}
	if s.streams > 0 {
		p.beginLocked(s)
	}
}

// dismissLocked takes the seat of one who is no member any more. Streams that are yet to be closed become a guest's.
func (p *presence) dismissLocked(s *seat) {
	r, user := s.room, s.person.user
	p.stopTypingLocked(s)
	if s.since != 0 {
		if s.end == nil {
			s.left = time.Now()
			r.parting++
		}
		p.endLocked(s)
	}
	if s.streams > 0 {
		r.guests[user] = s.streams
	}
	delete(r.seats, user)
	if s.person.state != Offline {
		p.changedLocked(r, user)
	}
	p.vacateLocked(s)
}

// vacateLocked makes a person forget a seat.
func (p *presence) vacateLocked(s *seat) {
	who := s.person
	who.seats = slices.DeleteFunc(who.seats, func(have *seat) bool { return have == s })
	p.releaseLocked(who)
}

// beginLocked begins a session, or goes on with the one that was about to end.
func (p *presence) beginLocked(s *seat) {
	if s.end != nil {
		p.alarms.cancel(s.end)
		s.end = nil
		s.room.parting--
	}
	if s.since == 0 {
		s.since = Now()
		s.kept = p.register.begin(s.session(0))
	}
}

// partLocked has a session end, unless the member comes back within the grace period.
func (p *presence) partLocked(s *seat) {
	p.stopTypingLocked(s)
	s.left = time.Now()
	s.room.parting++
	s.end = p.alarms.set(s.left.Add(p.grace), func() {
		p.endLocked(s)
		p.closeLocked(s.room)
	})
}

// endLocked ends a session as of when the last stream closed.
func (p *presence) endLocked(s *seat) {
	if s.kept {
		p.register.end(s.session(max(timeOf(s.left), s.since)))
	}
	p.alarms.cancel(s.end)
	s.end, s.since = nil, 0
	s.room.parting--
}

func (s *seat) session(until Time) Session {
	return Session{Class: s.room.class, User: s.person.user, Since: s.since, Until: until}
}

// closeLocked forgets a room without streams, once all its sessions have ended.
func (p *presence) closeLocked(r *room) {
	if r.streams > 0 || r.parting > 0 {
		return
	}
	delete(p.rooms, r.class)
	for _, s := range r.seats {
		p.stopTypingLocked(s)
		p.vacateLocked(s)
	}
}

// apply follows what happens in a class. The caller holds the feed's lock.
func (p *presence) apply(f *feed, e *Event) {
	switch e.Type {
	case MemberJoined, MemberUpdated, MemberLeft, MessageCreated, ClassUpdated, ClassDeleted:
	default:
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.rooms[f.channel.Class()]
	if r == nil || r.feed != f {
		return
	}
	user := e.Actor
	if e.Type != MessageCreated {
		user, _ = e.subject() // of no member where the event isn't about one
	}
	s := r.seats[user]
	switch e.Type {
	case MemberJoined:
		if s == nil && user != "" {
			p.admitLocked(r, user)
		}
	case MemberLeft:
		if s != nil {
			p.dismissLocked(s)
			p.closeLocked(r)
		}
	case MessageCreated, MemberUpdated: // who was muted stops, who wasn't says it again
		if s != nil {
			p.stopTypingLocked(s)
		}
	default:
		for _, typist := range slices.Clone(r.typists) {
			p.stopTypingLocked(typist)
		}
	}
}

// closePresence ends all sessions, since the process stops, and enters that.
func (h *Hub) closePresence() {
	h.presence.close()
	h.presence.register.close()
}

// close ends all sessions.
func (p *presence) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.rooms {
		for _, s := range r.seats {
			if s.since == 0 {
				continue
			}
			if s.end == nil {
				s.left = time.Now()
				r.parting++
			}
			p.endLocked(s)
		}
	}
	for _, who := range p.people {
		if who.state == Offline {
			continue
		}
		if who.streams > 0 {
			who.left = time.Now()
		}
		p.register.see(Sighting{User: who.user, At: who.lastSeen()})
	}
}
