package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// memLog is a log in memory: storage as the hub sees it.
type memLog struct {
	mu      sync.Mutex // guards what follows
	epoch   string
	evs     map[Channel][]Event // all, also those trimmed
	trimmed map[Channel]int64
	members map[string]map[string]struct{}
	wishes  map[string]Preferences
	revoked []Revocation
	down    error
	loads   int
	reads   int
	asks    int // for preferences
	seen    int // the noticeboard
}

var errDown = errors.New("log is down")

func newMemLog() *memLog {
	return &memLog{
		epoch: "e1", evs: map[Channel][]Event{}, trimmed: map[Channel]int64{},
		members: map[string]map[string]struct{}{}, wishes: map[string]Preferences{},
	}
}

// commit adds an event, and returns it for publishing.
func (l *memLog) commit(class string, typ Type, subject string) Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.members[class] == nil {
		l.members[class] = map[string]struct{}{}
	}
	switch typ {
	case MemberJoined:
		l.members[class][subject] = struct{}{}
	case MemberLeft:
		delete(l.members[class], subject)
	}
	channel := ClassChannel(class)
	seq := int64(len(l.evs[channel])) + 1
	e := Event{
		Channel: channel, Type: typ, Class: class, Seq: seq, At: 1, Actor: "t",
		Data: json.RawMessage(fmt.Sprintf(`{"user":%q}`, subject)),
	}
	l.evs[channel] = append(l.evs[channel], e)
	return e
}

// notify adds an event to a user's inbox, and returns it for publishing.
func (l *memLog) notify(user string, of Event) Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	channel := UserChannel(user)
	data, err := json.Marshal(Notification{Kind: of.Type, Class: of.Class, Seq: of.Seq})
	if err != nil {
		panic(err) // strings and a number always encode
	}
	e := Event{Channel: channel, Type: NotificationCreated, Seq: int64(len(l.evs[channel])) + 1, At: 1, Actor: "t", Data: data}
	l.evs[channel] = append(l.evs[channel], e)
	return e
}

func (l *memLog) trim(class string, to int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trimmed[ClassChannel(class)] = to
}

func (l *memLog) setDown(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = err
}

func (l *memLog) setEpoch(epoch string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch = epoch
}

func (l *memLog) counts() (loads, reads int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.loads, l.reads
}

func (l *memLog) asked() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asks
}

func (l *memLog) boards() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen
}

func (l *memLog) extentLocked(channel Channel) Extent {
	return Extent{Head: int64(len(l.evs[channel])), Trimmed: l.trimmed[channel]}
}

func (l *memLog) afterLocked(channel Channel, after int64, limit int) []Event {
	after = max(after, l.trimmed[channel])
	all := l.evs[channel][min(int(after), len(l.evs[channel])):]
	return slices.Clone(all[:min(limit, len(all))])
}

func (l *memLog) Load(_ context.Context, class string, tail int) (Loaded, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loads++
	channel := ClassChannel(class)
	if l.down != nil || l.evs[channel] == nil {
		return Loaded{Gone: true}, l.down
	}
	at := l.extentLocked(channel)
	return Loaded{
		Extent: at, Tail: l.afterLocked(channel, at.Head-int64(tail), tail),
		Members: slices.Collect(maps.Keys(l.members[class])),
	}, nil
}

func (l *memLog) UserClasses(_ context.Context, user string, limit int) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var classes []string
	for class, members := range l.members {
		if _, ok := members[user]; ok {
			classes = append(classes, class)
		}
	}
	slices.Sort(classes)
	slices.Reverse(classes)
	return classes[:min(limit, len(classes))], l.down
}

func (l *memLog) Noticeboard(context.Context) (Noticeboard, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen++
	at := Noticeboard{Extent: l.extentLocked(SystemChannel)}
	for _, e := range l.evs[SystemChannel] {
		var n Notice
		if err := json.Unmarshal(e.Data, &n); err != nil {
			return at, err
		}
		at.Notices = slices.DeleteFunc(at.Notices, func(old Notice) bool { return old.ID == n.ID })
		if n.ExpiresAt > Now() {
			at.Notices = append(at.Notices, n)
		}
	}
	return at, l.down
}

// broadcast adds a notification for all of its class, or for everybody, and returns its event for publishing.
func (l *memLog) broadcast(n Notification) Event {
	return l.add(BroadcastChannel, NotificationCreated, n.Actor, n)
}

// wish sets a user's preferences, and returns the event for publishing.
func (l *memLog) wish(user string, p Preferences) Event {
	l.mu.Lock()
	l.wishes[user] = p
	l.mu.Unlock()
	return l.add(UserChannel(user), PreferencesUpdated, user, p)
}

// add adds any event to a channel.
func (l *memLog) add(channel Channel, typ Type, actor string, payload any) Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	data, err := json.Marshal(payload)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	e := Event{Channel: channel, Type: typ, Seq: int64(len(l.evs[channel])) + 1, At: 1, Actor: actor, Data: data}
	l.evs[channel] = append(l.evs[channel], e)
	return e
}

// announce adds a notice to the system channel, and returns its event for publishing.
func (l *memLog) announce(n Notice) Event {
	return l.add(SystemChannel, SystemNotice, "a", n)
}

func (l *memLog) UserPreferences(_ context.Context, users []string) (map[string]Preferences, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asks++
	set := map[string]Preferences{}
	for _, user := range users {
		p, ok := l.wishes[user]
		if !ok {
			p.Version = 1
		}
		set[user] = p
	}
	return set, l.down
}

func (l *memLog) Revocations(context.Context) ([]Revocation, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.revoked), l.down
}

func (l *memLog) Heads(_ context.Context, channels []Channel) (Heads, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := Heads{Epoch: l.epoch, Extents: map[Channel]Extent{}}
	for _, c := range channels {
		at.Extents[c] = l.extentLocked(c)
	}
	return at, l.down
}

func (l *memLog) Read(_ context.Context, channel Channel, after int64, limit int) ([]Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	return l.afterLocked(channel, after, limit), l.down
}
