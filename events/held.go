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
func (s *Stream) noteWritten() { s.held = s.told }
