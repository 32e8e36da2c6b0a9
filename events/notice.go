package events

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// NoticeLevel says how urgent a notice is.
type NoticeLevel string

// The levels of a notice.
const (
	LevelInfo     NoticeLevel = "info"
	LevelWarning  NoticeLevel = "warning"
	LevelCritical NoticeLevel = "critical"
)

// Valid reports whether l is one of the levels.
func (l NoticeLevel) Valid() bool { return l == LevelInfo || l == LevelWarning || l == LevelCritical }

// Notice is what an admin tells everybody; its JSON is the data of system.notice. A notice that is withdrawn expires at
// once: its second version says so.
type Notice struct {
	ID        string      `json:"id"`
	Level     NoticeLevel `json:"level"`
	Text      string      `json:"text"`
	Author    string      `json:"author"`
	Version   int64       `json:"version"`
	CreatedAt Time        `json:"created_at"`
	ExpiresAt Time        `json:"expires_at"`
}

// Noticeboard is the state of the system channel at one moment: how far it reaches, and the notices that haven't
// expired.
type Noticeboard struct {
	Extent
	Notices []Notice
}

// noticeboard keeps the notices that a new stream is shown, each as a signal: the stream begins after their events. It
// belongs to the feed of the system channel, whose mu guards it.
type noticeboard []pinned

// pinned is a notice on the board.
type pinned struct {
	id      string
	expires Time
	frame   *Frame
}

// notice is the payload of system.notice as a signal.
type notice struct {
	Type Type    `json:"type"`
	Data *Notice `json:"data"`
}

// pin puts a notice on the board, or in the place of its former version, and takes off what has expired.
func (b *noticeboard) pin(n *Notice) error {
	frame, err := newFrame(SystemNotice, notice{SystemNotice, n})
	if err != nil {
		return err
	}
	now := Now()
	*b = slices.DeleteFunc(*b, func(p pinned) bool { return p.id == n.ID || p.expires <= now })
	if n.ExpiresAt > now {
		at, _ := slices.BinarySearchFunc(*b, n.ID, func(p pinned, id string) int { return cmp.Compare(p.id, id) })
		*b = slices.Insert(*b, at, pinned{n.ID, n.ExpiresAt, frame})
	}
	return nil
}

// pinEvent does the same with the notice of an event.
func (b *noticeboard) pinEvent(e *Event) error {
	var n Notice
	if err := json.Unmarshal(e.Data, &n); err != nil {
		return fmt.Errorf("%s %d of %s: %w", e.Type, e.Seq, e.Channel, err)
	}
	return b.pin(&n)
}

// board is the notices that haven't expired, oldest first, and the position from which on notices come as events.
func (f *feed) board() (frames []*Frame, head int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := Now()
	for _, p := range f.notices {
		if p.expires > now {
			frames = append(frames, p.frame)
		}
	}
	return frames, f.head
}

// startNow has a new stream begin at the present, with the notices that others have been shown already.
func (s *Stream) startNow() error {
	frames, head := s.system.feed.board()
	s.system.pos = head
	if err := s.queueReady(s.cursor()); err != nil {
		return err
	}
	for _, frame := range frames {
		s.out = append(s.out, queued{frame, nil})
	}
	return nil
}
