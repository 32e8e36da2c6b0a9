package events

// signal is the payload of a signal about a class.
type signal struct {
	Type  Type   `json:"type"`
	Class string `json:"class,omitempty"` // none for the whole service
	Data  any    `json:"data"`
}

// Signal sends something live about a class to all of its streams on this node: encoded once, never logged, without an
// id. It reaches every stream whose client has seen stream.ready, also one that still reads old events from the log;
// so what a client fetches after stream.ready, and the signals that it gets, leave no gap between them.
func (h *Hub) Signal(class string, typ Type, data any) {
	if h.lookup(ClassChannel(class)) == nil {
		return // nobody here reads it
	}
	frame, err := newFrame(typ, signal{Type: typ, Class: class, Data: data})
	if err != nil {
		h.log.Error("encode signal", "type", typ, "class", class, "error", err)
		return
	}
	h.signal(class, frame)
}

// signal sends a frame to all streams of a class.
func (h *Hub) signal(class string, frame *Frame) {
	if f := h.lookup(ClassChannel(class)); f != nil {
		f.signal(frame)
	}
}

// signal queues a frame that is no event to every stream, attached or about to be.
func (f *feed) signal(frame *Frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.receivers {
		r.stream.push(frame, nil)
	}
	for s := range f.early {
		if f.allowsLocked(s) { // nobody has looked since it was opened
			s.push(frame, nil)
		}
	}
}

// expect has signals reach a stream that is not attached yet. Attaching ends it.
func (f *feed) expect(s *Stream) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.early == nil {
		f.early = map[*Stream]struct{}{}
	}
	f.early[s] = struct{}{}
}

// letGo ends a leg's part in its feed.
func (s *Stream) letGo(l *leg) {
	s.rise(l)
	if !l.attached {
		l.feed.unexpect(s)
		return
	}
	l.attached = false
	l.feed.detach(l)
}

// wantsSignal reports whether a reader who chose types gets a signal or control frame: all that it couldn't choose.
func (s *Stream) wantsSignal(t Type) bool { return s.types == nil || s.types[t] || !t.Offered() }

// unexpect undoes expect for a stream that ends before it was attached.
func (f *feed) unexpect(s *Stream) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unexpectLocked(s)
}

// unexpectLocked lets go of the map with its last stream: there are as many inboxes as users, and most have none.
func (f *feed) unexpectLocked(s *Stream) {
	delete(f.early, s)
	if len(f.early) == 0 {
		f.early = nil
	}
}
