package events

import "strconv"

// mark is a cursor as a stream remembers it, small on a class's stream.
type mark struct {
	class, user, system int64
	at                  *Cursor // the cursor itself; nil where the positions say it all
	set                 bool
}

// mark is the position after what has been given out.
func (s *Stream) mark() mark {
	if s.all {
		at := s.cursor()
		return mark{at: &at, set: true}
	}
	return mark{class: s.classes[0].pos, user: s.inbox.pos, system: s.system.pos, set: true}
}

// cursorAt is the cursor that a mark stands for, or none.
func (s *Stream) cursorAt(m mark) Cursor {
	switch {
	case !m.set:
		return Cursor{}
	case m.at != nil:
		return *m.at
	}
	return Cursor{Epoch: s.epoch, Tag: s.tag, Class: m.class, User: m.user, System: m.system}
}

// appendMark adds the text of the cursor that a mark stands for. It is what goes out with every event, so it takes no
// detour over a Cursor.
func (s *Stream) appendMark(b []byte, m mark) []byte {
	if m.at != nil {
		return m.at.append(b)
	}
	b = append(b, s.epoch...)
	for _, pos := range [...]int64{m.class, m.user, m.system} {
		b = append(b, '.')
		b = strconv.AppendInt(b, pos, 10)
	}
	b = append(b, '.')
	return append(b, s.tag...)
}

// note follows which cursor the client holds: that of the last id that is on its way to it.
func (s *Stream) note(f *Frame) {
	switch {
	case f.at != nil:
		s.told = mark{at: f.at, set: true}
	case f.seq != 0:
		s.told = s.mark()
	}
}

// noteWritten says that all that was noted has been written. What is in a frame whose write failed counts as not sent,
// so whoever goes on from [Ended.Cursor] rather gets an event twice than never.
func (s *Stream) noteWritten() { s.held = s.told }

// Acknowledged tells, by class, up to which event a cursor shows that its client has what came before. Whoever opened
// the stream with that cursor may call it before Run.
func (s *Stream) Acknowledged(after *Cursor) map[string]int64 {
	if after == nil || after.Epoch != s.epoch {
		return nil // it shows nothing, or something of another log
	}
	acknowledged := map[string]int64{}
	for _, l := range s.classes {
		if !s.all {
			acknowledged[l.class] = after.Class
		} else if pos, known := s.positionOf(after, l.class); known {
			acknowledged[l.class] = pos
		}
	}
	return acknowledged
}
