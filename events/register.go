package events

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	registerPause = time.Second      // between two entries: what comes meanwhile is entered together
	registerMost  = 250              // sessions, and users, in one entry: a transaction of some milliseconds
	registerWait  = 20 * time.Second // the longest time of one entry
	registerRoom  = 50_000           // sessions that wait; while there are more, none that begins is taken
	// SignOfLife is how often it is entered that the process lives. Sessions that it leaves open when it crashes end
	// with the last one.
	SignOfLife = 10 * time.Second
)

// Register keeps who was there, beyond the process.
type Register interface {
	// EnterPresence keeps entries. The same may come again, and a session comes again with its end.
	EnterPresence(ctx context.Context, e Entries) error
}

// Entries is what a register is given at a time. That it comes is a sign of life: what this process has left open was
// still so.
type Entries struct {
	Sessions  []Session
	Sightings []Sighting
}

// Session is a time that a member spent in a class: with a stream that carries it open, but for breaks within the grace
// period.
type Session struct {
	Class string
	User  string
	Since Time
	Until Time // none while it goes on
}

// Sighting says when a user was last seen, over all classes.
type Sighting struct {
	User  string
	At    Time
	There bool // and is still there
}

// register gathers entries, and gives them to a Register from one goroutine. It never blocks who calls it.
type register struct {
	to   Register // nil: nothing is kept
	log  *slog.Logger
	wake chan struct{} // has room for one: "something is waiting"

	failing bool // and it was said; only the goroutine looks at it

	mu        sync.Mutex // guards what follows
	sessions  map[sessionKey]Session
	sightings map[string]Sighting
	open      int // sessions that go on: only then there is need for a sign of life
	there     map[string]struct{}
	full      bool // and it was said
}

// sessionKey names a session.
type sessionKey struct {
	class, user string
	since       Time
}

func newRegister(to Register, log *slog.Logger) *register {
	return &register{
		to: to, log: log, wake: make(chan struct{}, 1),
		sessions: map[sessionKey]Session{}, sightings: map[string]Sighting{}, there: map[string]struct{}{},
	}
}

// begin enters a session that goes on. It reports false when it has no room, and then its end isn't to be entered.
func (r *register) begin(s Session) bool {
	if r.to == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if full := len(r.sessions) >= registerRoom; full != r.full {
		if r.full = full; full {
			r.log.Warn("presence isn't kept: too much of it waits for the database")
		}
	}
	if r.full {
		return false
	}
	r.open++
	r.sessions[s.key()] = s
	r.rouse()
	return true
}

// end enters the end of a session that was begun.
func (r *register) end(s Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	r.sessions[s.key()] = s
	r.rouse()
}

// see enters when a user was last seen.
func (r *register) see(s Sighting) {
	if r.to == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.There {
		r.there[s.User] = struct{}{}
	} else {
		delete(r.there, s.User)
	}
	if _, waits := r.sightings[s.User]; waits || len(r.sightings) < registerRoom {
		r.sightings[s.User] = s
	}
	r.rouse()
}

func (s *Session) key() sessionKey { return sessionKey{s.Class, s.User, s.Since} }

func (r *register) rouse() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// run gives entries to the register until ctx ends.
func (r *register) run(ctx context.Context) {
	if r.to == nil {
		return
	}
	alive := time.NewTicker(SignOfLife)
	defer alive.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-alive.C:
		}
		r.enter(ctx)
		pause.Reset(registerPause)
	}
}

// close enters what is left.
func (r *register) close() {
	if r.to == nil {
		return
	}
	r.enter(context.Background())
}

// enter gives all that waits to the register. What it doesn't take waits on.
func (r *register) enter(ctx context.Context) {
	for {
		next, due, more := r.take()
		if !due {
			return
		}
		limited, cancel := context.WithTimeout(ctx, registerWait)
		err := r.to.EnterPresence(limited, next)
		cancel()
		r.note(ctx, err)
		if err != nil {
			r.putBack(next)
			return
		}
		if !more {
			return
		}
	}
}

// note says in the log when keeping begins to fail, and when it works again.
func (r *register) note(ctx context.Context, err error) {
	failing := err != nil
	if failing == r.failing || ctx.Err() != nil {
		return
	}
	if r.failing = failing; failing {
		r.log.Warn("presence can't be kept at the moment", "error", err)
	} else {
		r.log.Info("presence is kept again")
	}
}

// take removes the next entries. While sessions go on there is always one, if only as a sign of life.
func (r *register) take() (next Entries, due, more bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, s := range r.sessions {
		if len(next.Sessions) == registerMost {
			break
		}
		next.Sessions = append(next.Sessions, s)
		delete(r.sessions, key)
	}
	for user, s := range r.sightings {
		if len(next.Sightings) == registerMost {
			break
		}
		next.Sightings = append(next.Sightings, s)
		delete(r.sightings, user)
	}
	due = len(next.Sessions)+len(next.Sightings)+r.open+len(r.there) > 0
	return next, due, len(r.sessions)+len(r.sightings) > 0
}

// putBack has entries wait again, unless there are newer ones.
func (r *register) putBack(e Entries) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range e.Sessions {
		if _, newer := r.sessions[s.key()]; !newer {
			r.sessions[s.key()] = s
		}
	}
	for _, s := range e.Sightings {
		if _, newer := r.sightings[s.User]; !newer {
			r.sightings[s.User] = s
		}
	}
	r.rouse()
}
