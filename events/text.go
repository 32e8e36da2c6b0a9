package events

// text is what a shard writes to a stream. Of the streams of one class most are at the same positions and are sent the
// same frames, so what was made for one is kept, and used for the next as far as it is the same.
//
// Two streams' texts begin alike as long as epoch, tag and the positions before them are the same, and the frames are,
// one by one: the id that goes with an event follows from those. It does so only where every event is sent that a stream
// is moved past, and ids are short, so a stream with chosen types, or of all classes, shares with none.
type text struct {
	epoch, tag string
	before     mark // the positions that frames and buf follow from; not set: they follow from none

	frames []*Frame
	ends   []int // of each frame, in buf
	buf    []byte

	used int  // how many of frames are for the present stream
	same bool // so far, all
}

// start begins a stream's text.
func (t *text) start(s *Stream) {
	t.used = 0
	if s.all || s.types != nil {
		t.reset()
		return
	}
	at := s.mark()
	if t.same = at == t.before && s.epoch == t.epoch && s.tag == t.tag; !t.same {
		t.reset()
		t.epoch, t.tag, t.before = s.epoch, s.tag, at
	}
}

// add adds a frame, which the stream has just been moved past.
func (t *text) add(s *Stream, f *Frame) {
	if t.same && t.used < len(t.frames) && t.frames[t.used] == f {
		t.used++
		s.note(f)
		return
	}
	t.same = false
	t.buf = s.appendFrame(t.buf[:t.len()], f)
	t.frames = append(t.frames[:t.used], f)
	t.ends = append(t.ends[:t.used], len(t.buf))
	t.used++
}

// len is the length of the stream's text.
func (t *text) len() int {
	if t.used == 0 {
		return 0
	}
	return t.ends[t.used-1]
}

// bytes are the stream's text, until the next is begun.
func (t *text) bytes() []byte { return t.buf[:t.len()] }

// reset lets go of the frames, and of a buffer that a giant frame has blown up.
func (t *text) reset() {
	clear(t.frames)
	t.frames, t.ends, t.buf = t.frames[:0], t.ends[:0], t.buf[:0]
	if cap(t.buf) > 4*chunk {
		t.buf = nil
	}
	t.before, t.used, t.same = mark{}, 0, false
}
