package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// broadcastsMost bounds the broadcasts that wait to be announced. What comes beyond it is in the lists all the same.
const broadcastsMost = 1000

// followBroadcasts has the hub read the broadcast channel, if it doesn't. Its feed has no streams and is never idle.
func (h *Hub) followBroadcasts() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.feeds[BroadcastChannel] != nil {
		return
	}
	f := newFeed(BroadcastChannel, 1, h.presence)
	f.heard = h.hear
	h.feeds[BroadcastChannel] = f
	h.startLoading(f)
}

// hear takes a broadcast for the announcer, or a revocation. It never blocks.
func (h *Hub) hear(e *Event) {
	if e.Type == AccessRevoked {
		h.hearRevocation(e)
		return
	}
	select {
	case h.broadcasts <- *e:
	default:
		h.log.Warn("broadcast not announced: too many are waiting", "seq", e.Seq)
	}
}

// announceAll announces broadcasts, one after the other, until the hub stops.
func (h *Hub) announceAll() {
	for {
		select {
		case <-h.ctx.Done():
			return
		case e := <-h.broadcasts:
			if err := h.announce(&e); err != nil && h.ctx.Err() == nil {
				h.log.Error("announce", "seq", e.Seq, "error", err)
			}
		}
	}
}

// announce sends a broadcast as a signal to those streams on this node whose users it is for: all of a class, or
// everybody. Who caused it knows, and who wishes not to be disturbed isn't.
func (h *Hub) announce(e *Event) error {
	ctx, cancel := context.WithTimeout(h.ctx, logWait)
	defer cancel()
	var n Notification
	if err := json.Unmarshal(e.Data, &n); err != nil {
		return fmt.Errorf("%s %d of %s: %w", e.Type, e.Seq, e.Channel, err)
	}
	frame, err := newFrame(NotificationCreated, signal{Type: NotificationCreated, Class: n.Class, Data: e.Data})
	if err != nil {
		return err
	}
	inboxes, err := h.audience(ctx, n.Class, n.Actor)
	if err != nil {
		return err
	}
	for len(inboxes) > 0 {
		batch := inboxes[:min(len(inboxes), headsMost)]
		if err := h.learnWishes(ctx, batch); err != nil {
			return err
		}
		for _, f := range batch {
			if !f.silences(n.Class) {
				f.signal(frame)
			}
		}
		inboxes = inboxes[len(batch):]
	}
	return nil
}

// audience are the inboxes with streams on this node, of the members of a class or ("") of everybody, but one user's.
// Members of a class of which nobody here has a stream may have streams of others: then it is loaded.
func (h *Hub) audience(ctx context.Context, class, but string) ([]*feed, error) {
	var all []*feed
	if class == "" {
		all = h.snapshot(Channel.Inbox)
	} else {
		f, err := h.feed(ctx, ClassChannel(class))
		if errors.Is(err, ErrNoAccess) {
			return nil, nil // it was deleted
		}
		if err != nil {
			return nil, err
		}
		all = h.inboxesOf(f.roster())
	}
	var list []*feed
	for _, f := range all {
		if f.channel != UserChannel(but) && f.hasStreams() {
			list = append(list, f)
		}
	}
	return list, nil
}

// inboxesOf are the inboxes of users that are here.
func (h *Hub) inboxesOf(users []string) []*feed {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var list []*feed
	for _, user := range users {
		if f, ok := h.feeds[UserChannel(user)]; ok {
			list = append(list, f)
		}
	}
	return list
}

// learnWishes asks for the preferences of those users who have been told of nothing yet. From then on changes come by
// their inbox.
func (h *Hub) learnWishes(ctx context.Context, inboxes []*feed) error {
	var users []string
	for _, f := range inboxes {
		if !f.knowsWishes() {
			users = append(users, f.channel.User())
		}
	}
	if len(users) == 0 {
		return nil
	}
	h.metrics.logReads.WithLabelValues("preferences").Inc()
	wishes, err := h.cfg.Log.UserPreferences(ctx, users)
	if err != nil {
		return fmt.Errorf("read preferences: %w", err)
	}
	for _, f := range inboxes {
		if p, ok := wishes[f.channel.User()]; ok {
			f.learn(&p)
		}
	}
	return nil
}

// roster is the members of a class's feed.
func (f *feed) roster() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	users := make([]string, 0, len(f.members))
	for user := range f.members {
		users = append(users, user)
	}
	return users
}

// hasStreams reports whether anybody reads the feed.
func (f *feed) hasStreams() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.receivers)+len(f.early) > 0
}

func (f *feed) knowsWishes() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.wishes != nil
}

// silences reports whether the owner of an inbox doesn't want to be told now of what happens in a class.
func (f *feed) silences(class string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.wishes.Silences(class, Now())
}

// learn takes preferences that were read, unless newer ones came by the inbox meanwhile.
func (f *feed) learn(p *Preferences) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.learnLocked(p)
}

func (f *feed) learnLocked(p *Preferences) {
	if f.wishes == nil || p.Version > f.wishes.Version {
		f.wishes = p
	}
}

// learnEventLocked takes those of an event. What can't be read is asked for when it is needed.
func (f *feed) learnEventLocked(e *Event) {
	var p Preferences
	if err := json.Unmarshal(e.Data, &p); err != nil {
		f.wishes = nil
		return
	}
	f.learnLocked(&p)
}
