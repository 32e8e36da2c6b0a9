package events

// note follows which cursor the client holds: that of the last id that is on its way to it.
func (s *Stream) note(f *Frame) {
	switch {
	case f.at != nil:
		s.told = *f.at
	case f.seq != 0:
		s.told = s.cursor()
	}
}

// noteWritten says that all that was noted has been written. What is in a frame whose write failed counts as not sent,
// so whoever goes on from [Ended.Cursor] rather gets an event twice than never.
func (s *Stream) noteWritten() {
	s.held = s.told
	s.noteTraffic()
}

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
