package events

import (
	"cmp"
	"slices"
	"sync/atomic"
)

// Connection is an open stream of this node as an admin sees it.
type Connection struct {
	ID      string  `json:"connection"` // as in stream.ready
	User    string  `json:"user"`
	Class   *string `json:"class"` // nil on the stream of all classes
	Since   Time    `json:"since"`
	Address string  `json:"address"` // where its client is, or the proxy before it
	Queued  int     `json:"queued"`  // frames that wait; at [Config.Queue] the stream is cut
	Bytes   int64   `json:"bytes"`   // written so far
	Events  int64   `json:"events"`  // logged ones among them
}

// Connections says which streams are meant.
type Connections struct {
	User  string // "" for any user's
	Class string // "" for any; streams of all classes are of none
	After string // the ID before the first that is wanted
	Limit int
}

// traffic is what a stream has written, for those who don't own it.
type traffic struct{ events, bytes atomic.Int64 }

// noteTraffic tells them, after a write.
func (s *Stream) noteTraffic() {
	s.traffic.events.Store(s.events)
	s.traffic.bytes.Store(s.bytes)
}

// Connections lists open streams of this node by their IDs.
func (h *Hub) Connections(want Connections) []Connection {
	streams := h.matching(want)
	slices.SortFunc(streams, func(a, b *Stream) int { return cmp.Compare(a.Connection, b.Connection) })
	list := make([]Connection, 0, min(len(streams), want.Limit))
	for _, s := range streams[:cap(list)] {
		list = append(list, s.describe())
	}
	return list
}

// matching are the streams that are meant, in no order.
func (h *Hub) matching(want Connections) []*Stream {
	var streams []*Stream
	h.eachStream(func(s *Stream) {
		if !s.ending() && s.Connection > want.After && (want.User == "" || s.user == want.User) && (want.Class == "" || s.class == want.Class) {
			streams = append(streams, s)
		}
	})
	return streams
}

func (s *Stream) describe() Connection {
	return Connection{
		ID: s.Connection, User: s.user, Class: orNull(s.class), Since: s.since, Address: s.address,
		Queued: s.waiting(), Bytes: s.traffic.bytes.Load(), Events: s.traffic.events.Load(),
	}
}

// Kick ends an open stream of this node, after what is queued for it, and says whose it was. It reports false where there
// is no such stream. Its client may come back.
func (h *Hub) Kick(connection string) (kicked Connection, found bool) {
	s := h.connected(connection)
	if s == nil {
		return Connection{}, false
	}
	s.finishFor(ReasonKicked, Now())
	return s.describe(), true
}

// ending reports whether the stream has been told to end: it is no longer one that is open, though its last frame may be
// on its way.
func (s *Stream) ending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason != ""
}

// connected finds a stream, or nil.
func (h *Hub) connected(connection string) *Stream {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for s := range h.streams {
		if s.Connection == connection && !s.ending() {
			return s
		}
	}
	return nil
}
