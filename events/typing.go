package events

import (
	"slices"
	"time"
)

const (
	// TypingLife is how long a user counts as typing without saying so again.
	TypingLife = 6 * time.Second
	// TypingMost is how many of those who type are named; all are counted.
	TypingMost = 5
	// typingInterval is the time between two typing.updated of a class: four a second look live.
	typingInterval = time.Second / 4
)

// typist is one who types.
type typist struct {
	User string `json:"user"`
	Name string `json:"name"`
}

// typists is the data of typing.updated: all who type, never a difference. So one that is lost is made good by the
// next.
type typists struct {
	Users []typist `json:"users"` // at most TypingMost, who began first
	Count int      `json:"count"`
}

// Typing notes that a member types in a class, or stopped. It ends by itself after [TypingLife], when the member posts
// or has no stream of the class any more, and whenever the member's rights or the class's may have changed.
func (h *Hub) Typing(class, user, name string, typing bool) {
	p := h.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.rooms[class]
	if r == nil || r.seats[user] == nil {
		return // nobody sees it, or there is nobody to show
	}
	s := r.seats[user]
	switch {
	case !typing:
		p.stopTypingLocked(s)
	case s.typing != nil:
		p.alarms.move(s.typing, time.Now().Add(TypingLife))
	default:
		s.name = name
		s.typing = p.alarms.set(time.Now().Add(TypingLife), func() { p.stopTypingLocked(s) })
		r.typists = append(r.typists, s)
		p.typedLocked(r)
	}
}

func (p *presence) stopTypingLocked(s *seat) {
	if s.typing == nil {
		return
	}
	p.alarms.cancel(s.typing)
	s.typing, s.name = nil, ""
	s.room.typists = slices.DeleteFunc(s.room.typists, func(have *seat) bool { return have == s })
	p.typedLocked(s.room)
}

// typedLocked has a class told of who types.
func (p *presence) typedLocked(r *room) {
	if r.typed = nil; r.streams > 0 {
		p.typing.mark(r.class)
	}
}

// typed is the typing.updated of a class, or nil for one that no stream carries.
func (p *presence) typed(class string) (*Frame, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.rooms[class]
	if r == nil {
		return nil, nil
	}
	if r.typed == nil {
		frame, err := typingFrame(r)
		if err != nil {
			return nil, err
		}
		r.typed = frame
	}
	return r.typed, nil
}

// typingFrame encodes who types: once for all who don't, once for each who is named, and once for all others. Nobody is
// told of oneself.
func typingFrame(r *room) (*Frame, error) {
	encode := func(without *seat, count int) (*Frame, error) {
		data := typists{Users: []typist{}, Count: count}
		for _, s := range r.typists {
			if s != without && len(data.Users) < TypingMost {
				data.Users = append(data.Users, typist{s.person.user, s.name})
			}
		}
		return newFrame(TypingUpdated, signal{Type: TypingUpdated, Class: r.class, Data: data})
	}
	frame, err := encode(nil, len(r.typists))
	if err != nil || len(r.typists) == 0 {
		return frame, err
	}
	frame.own = make(map[string]*Frame, len(r.typists))
	var unnamed *Frame
	for i, s := range r.typists {
		own := unnamed
		if i < TypingMost || own == nil {
			if own, err = encode(s, len(r.typists)-1); err != nil {
				return nil, err
			}
		}
		if i >= TypingMost {
			unnamed = own
		}
		frame.own[s.person.user] = own
	}
	return frame, nil
}

// tellTyping sends a class who types.
func (h *Hub) tellTyping(class string) (more bool) {
	frame, err := h.presence.typed(class)
	if err != nil {
		h.log.Error("encode signal", "type", TypingUpdated, "class", class, "error", err)
	}
	if frame != nil {
		h.signal(class, frame)
	}
	return false
}
