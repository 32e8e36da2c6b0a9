package events

import (
	"sync"
	"time"
)

// State is how a user appears to the members of their classes.
type State string

// The states of a user.
const (
	Online  State = "online"
	Away    State = "away"    // there, but the client says so, or nothing was done for a while
	Offline State = "offline" // no stream
)

// Defaults of [Config].
const (
	DefaultGrace     = 10 * time.Second // longer than a client needs to come back after its connection broke
	DefaultAwayAfter = 5 * time.Minute
)

const (
	presenceInterval = time.Second // between two presence.updated of a class
	presenceMost     = 500         // users in one presence.updated; the others come with the next
)

// presence knows who is there, on this node.
//
// A person is online as long as any stream is open, and for the grace period after that, in which a client that lost
// its connection comes back. All classes show it that have the person as a member. What a class itself sees of a member
// is the member's seat: its session begins and ends with the streams that carry the class, and with the same grace.
//
// Only classes that a stream carries have a room here, so what is kept is bounded by the open streams and the members
// of their classes. All that has to happen at a time is an alarm; one goroutine rings them.
type presence struct {
	grace     time.Duration
	awayAfter time.Duration
	register  *register
	changes   *pace // of who is there
	typing    *pace // of who types

	mu     sync.Mutex // guards what follows; no other but that of a pace or the register is taken under it
	alarms alarms
	people map[string]*person // who has a stream, had one a moment ago, or has a seat
	rooms  map[string]*room   // by class
	trail  trail
}

// person is a user, over all streams and classes.
type person struct {
	user    string
	seats   []*seat
	streams int
	away    bool      // as the client says
	acted   time.Time // when something was last done
	left    time.Time // when the last stream closed
	state   State
	alarm   *alarm // when the state may have changed by itself
}

func newPresence(cfg Config) *presence {
	return &presence{
		grace:     cfg.Grace,
		awayAfter: cfg.AwayAfter,
		register:  newRegister(cfg.Register, cfg.Logger),
		changes:   newPace(presenceInterval),
		typing:    newPace(typingInterval),
		alarms:    newAlarms(),
		people:    map[string]*person{},
		rooms:     map[string]*room{},
		trail:     newTrail(),
	}
}

// ring is what the goroutine of the alarms calls.
func (p *presence) ring() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.alarms.ringDue()
}

// arrive counts a stream of a user.
func (p *presence) arrive(user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.personLocked(user)
	if who.streams++; who.state == Offline {
		who.acted, who.away = time.Now(), false
	}
	p.reviewLocked(who)
}

// depart undoes arrive.
func (p *presence) depart(user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[user]
	if who.streams--; who.streams > 0 {
		return
	}
	who.left = time.Now()
	for _, s := range who.seats {
		p.stopTypingLocked(s)
	}
	p.reviewLocked(who)
}

// act notes that a user does something. Whoever was away is back.
func (p *presence) act(user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.actLocked(user)
}

func (p *presence) actLocked(user string) {
	who := p.people[user]
	if who == nil || who.state == Offline {
		p.register.see(Sighting{User: user, At: Now()})
		return
	}
	who.acted = time.Now()
	if who.away || who.state == Away {
		who.away = false
		p.reviewLocked(who)
	} // else the alarm rings too early, and is set anew
}

// leave marks a user as away, as the client says. One who isn't there stays offline.
func (p *presence) leave(user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if who := p.people[user]; who != nil && who.state != Offline {
		who.away = true
		p.reviewLocked(who)
	}
}

func (p *presence) personLocked(user string) *person {
	who := p.people[user]
	if who == nil {
		who = &person{user: user, state: Offline}
		p.people[user] = who
	}
	return who
}

// stateAt is a person's state at a time, and when it changes next if nothing happens until then; zero: never.
func (p *presence) stateAt(who *person, now time.Time) (_ State, next time.Time) {
	if who.streams == 0 {
		next = who.left.Add(p.grace)
		if who.left.IsZero() || !now.Before(next) {
			return Offline, time.Time{}
		}
	}
	idle := who.acted.Add(p.awayAfter)
	if who.away || !now.Before(idle) {
		return Away, next
	}
	if next.IsZero() || idle.Before(next) {
		next = idle
	}
	return Online, next
}

// reviewLocked brings a person's state up to date, and has the classes told if it changed.
func (p *presence) reviewLocked(who *person) {
	state, next := p.stateAt(who, time.Now())
	p.alarms.cancel(who.alarm)
	if who.alarm = nil; !next.IsZero() {
		who.alarm = p.alarms.set(next, func() { p.reviewLocked(who) })
	}
	was := who.state
	if state == was {
		return
	}
	who.state = state
	for _, s := range who.seats {
		p.changedLocked(s.room, who.user)
	}
	switch {
	case was == Offline:
		p.register.see(Sighting{User: who.user, At: Now(), There: true})
	case state == Offline:
		p.register.see(Sighting{User: who.user, At: who.lastSeen()})
		p.releaseLocked(who)
	}
}

// lastSeen is when one who has no stream was last seen.
func (who *person) lastSeen() Time {
	if who.acted.After(who.left) {
		return timeOf(who.acted)
	}
	return timeOf(who.left)
}

// releaseLocked forgets a person of whom there is nothing to know.
func (p *presence) releaseLocked(who *person) {
	if who.state == Offline && who.streams == 0 && len(who.seats) == 0 {
		delete(p.people, who.user)
	}
}

// Sight is how a user looks to a class at the moment.
type Sight struct {
	State  State
	Active bool // has a stream that carries the class, or did something there in the last minutes
	Seen   Time // when the user was last here; none where this node doesn't know
}

// Look tells how users look to a class, as far as this node knows.
func (h *Hub) Look(class string, users []string) []Sight {
	p := h.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	r := p.rooms[class]
	sights := make([]Sight, len(users))
	for i, user := range users {
		sight := Sight{State: Offline, Active: p.trail.has(now, class, user)}
		if who := p.people[user]; who != nil && who.state != Offline {
			sight.State, sight.Seen = who.state, Now()
			if who.streams == 0 {
				sight.Seen = who.lastSeen()
			}
		}
		if r != nil && r.seats[user] != nil {
			sight.Active = sight.Active || r.seats[user].streams > 0
		}
		sights[i] = sight
	}
	return sights
}

// Acted notes that a user did something in a class: posted, typed or read.
func (h *Hub) Acted(class, user string) {
	p := h.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trail.add(time.Now(), class, user)
	p.actLocked(user)
}

// SetAway takes a client's word that its user is away, or back.
func (h *Hub) SetAway(user string, away bool) {
	if away {
		h.presence.leave(user)
	} else {
		h.presence.act(user)
	}
}

// Grace is how long a user may have no stream without being gone.
func (h *Hub) Grace() time.Duration { return h.presence.grace }

// timeOf is a moment as on the wire.
func timeOf(t time.Time) Time { return Time(t.UnixMilli()) }

// presentIn is the data of presence.snapshot; in no order.
type presentIn struct {
	Online []string `json:"online"`
	Away   []string `json:"away"`
}

// presenceChange is the data of presence.updated; in no order.
type presenceChange struct {
	presentIn
	Offline []string `json:"offline"`
}

func (c *presenceChange) add(user string, state State) {
	switch state {
	case Online:
		c.Online = append(c.Online, user)
	case Away:
		c.Away = append(c.Away, user)
	case Offline:
		c.Offline = append(c.Offline, user)
	}
}

func newPresenceChange() presenceChange {
	return presenceChange{presentIn{[]string{}, []string{}}, []string{}}
}

// changedLocked has a class told of a member's state.
func (p *presence) changedLocked(r *room, user string) {
	r.snapshot = nil
	r.version++
	if r.streams == 0 {
		return // nobody to tell; who comes gets a snapshot
	}
	r.changed[user] = struct{}{}
	p.changes.mark(r.class)
}

// take removes the changes that a class is told of next.
func (p *presence) take(class string) (next presenceChange, due, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.rooms[class]
	if r == nil {
		return next, false, false
	}
	next = newPresenceChange()
	taken := 0
	for user := range r.changed {
		if taken == presenceMost {
			break
		}
		state := Offline // who is no member
		if s := r.seats[user]; s != nil {
			state = s.person.state
		}
		next.add(user, state)
		delete(r.changed, user)
		taken++
	}
	return next, taken > 0, len(r.changed) > 0
}

// tellPresence sends a class its next presence.updated.
func (h *Hub) tellPresence(class string) (more bool) {
	next, due, more := h.presence.take(class)
	if due {
		h.Signal(class, PresenceUpdated, next)
	}
	return more
}

// snapshot is the presence.snapshot of a class that a stream carries. It is made once for all who come until something
// changes.
func (p *presence) snapshot(class string) (*Frame, error) {
	frame, all, version := p.present(class)
	if frame != nil {
		return frame, nil
	}
	frame, err := newFrame(PresenceSnapshot, signal{Type: PresenceSnapshot, Class: class, Data: all})
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.rooms[class]; r != nil && r.version == version {
		r.snapshot = frame
	}
	return frame, nil
}

// present is who is there, or the frame that says it.
func (p *presence) present(class string) (frame *Frame, all presentIn, version int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.rooms[class]
	if r.snapshot != nil {
		return r.snapshot, all, r.version
	}
	found := newPresenceChange()
	for user, s := range r.seats {
		if s.person.state != Offline {
			found.add(user, s.person.state)
		}
	}
	return nil, found.presentIn, r.version
}
