package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// AccessRevoked is an entry of the [BroadcastChannel] that no client sees: by it every hub learns of a [Revocation].
const AccessRevoked Type = "access.revoked"

// ErrRevoked says that the session was revoked, or all that was issued to the user by then.
var ErrRevoked = errors.New("revoked")

// Revocation says what is refused though it has not expired: one session of a user, or all that the user was issued
// until a moment.
type Revocation struct {
	User    string `json:"user"`
	Session string `json:"session"` // "" for all
	At      Time   `json:"at"`      // when it was revoked
	Until   Time   `json:"until"`   // from when on nothing of it is valid anyway
}

// Access is by what somebody is let in, as far as it can be revoked.
type Access struct {
	User    string
	Session string // "" if it is no session
	Issued  Time   // when the token that it comes from was issued; 0: unknown, which is before everything
}

// covers reports whether a revocation is of an access.
func (r *Revocation) covers(a *Access) bool {
	return r.User == a.User && (r.Session == "" && a.Issued <= r.At || r.Session != "" && r.Session == a.Session)
}

// revocationSweep is the time between looks for revocations that are over.
const revocationSweep = time.Minute

// revocations are those in force, as far as this process has heard.
type revocations struct {
	mu       sync.RWMutex          // guards what follows
	sessions map[string]Revocation // by session
	users    map[string]Revocation // by user: of all
	swept    time.Time
	fresh    []Revocation // whose streams have yet to end

	wake chan struct{} // has room for one: "fresh isn't empty"
}

func newRevocations() *revocations {
	return &revocations{
		sessions: map[string]Revocation{}, users: map[string]Revocation{}, swept: time.Now(), wake: make(chan struct{}, 1),
	}
}

// add takes a revocation, unless it is known. It never blocks.
func (v *revocations) add(r Revocation) {
	v.mu.Lock()
	defer v.mu.Unlock()
	set, key := v.sessions, r.Session
	if r.Session == "" {
		set, key = v.users, r.User
	}
	if known, ok := set[key]; ok && known.At >= r.At {
		return
	}
	set[key] = r
	v.fresh = append(v.fresh, r)
	v.sweepLocked()
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// sweepLocked forgets what is over.
func (v *revocations) sweepLocked() {
	if time.Since(v.swept) < revocationSweep {
		return
	}
	v.swept = time.Now()
	now := Now()
	for _, set := range [...]map[string]Revocation{v.sessions, v.users} {
		for key, r := range set {
			if r.Until < now {
				delete(set, key)
			}
		}
	}
}

// of is the revocation that covers an access.
func (v *revocations) of(a *Access) (Revocation, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if r, ok := v.users[a.User]; ok && r.covers(a) {
		return r, true
	}
	r, ok := v.sessions[a.Session]
	return r, ok && r.covers(a)
}

// take returns those whose streams have yet to end.
func (v *revocations) take() []Revocation {
	v.mu.Lock()
	defer v.mu.Unlock()
	fresh := v.fresh
	v.fresh = nil
	return fresh
}

// Revoked reports whether an access was revoked, as far as this process has heard: what another one does it learns
// within [Config.Poll].
func (h *Hub) Revoked(a Access) bool {
	_, revoked := h.revocations.of(&a)
	return revoked
}

// Revoke takes a revocation that is committed, and ends the streams of this process that it covers: when it returns,
// nothing more is queued for them. The event would bring it too, but only after those that come before it.
func (h *Hub) Revoke(r Revocation) {
	h.revocations.add(r)
	h.endRevoked(r)
}

// hearRevocation takes the event of a revocation. It is called under a feed's lock, and doesn't block.
func (h *Hub) hearRevocation(e *Event) {
	var r Revocation
	if err := json.Unmarshal(e.Data, &r); err != nil {
		h.log.Error("revocation can't be read", "seq", e.Seq, "error", err)
		return
	}
	h.revocations.add(r)
}

// followRevocations ends the streams of what is revoked, until the hub stops.
func (h *Hub) followRevocations() {
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.revocations.wake:
		}
		for _, r := range h.revocations.take() {
			h.endRevoked(r)
		}
	}
}

// endRevoked ends the streams that a revocation covers. A stream is in the table before it looks whether it is revoked
// itself, so one of the two sees the other.
func (h *Hub) endRevoked(r Revocation) {
	h.eachStream(func(s *Stream) {
		if r.covers(&s.access) {
			s.finishFor(ReasonSessionRevoked, r.At)
		}
	})
}

// loadBroadcasts begins to follow the broadcast channel, and then reads all revocations: those before the channel's head
// as of now are among them, and those after it are heard. So none is missed, whatever was missed of the channel.
func (h *Hub) loadBroadcasts(f *feed) error {
	at, err := h.askHeads([]*feed{f})
	if err != nil {
		return err
	}
	if f.start(at.Extents[f.channel], nil, nil) {
		h.fill(f)
	}
	ctx, cancel := context.WithTimeout(h.ctx, logWait)
	defer cancel()
	h.metrics.logReads.WithLabelValues("revocations").Inc()
	list, err := h.cfg.Log.Revocations(ctx)
	if err != nil {
		return fmt.Errorf("read revocations: %w", err)
	}
	for _, r := range list {
		h.revocations.add(r)
	}
	return nil
}
