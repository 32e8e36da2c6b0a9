package events

// appear makes the stream's user present, and queues how its classes look. It comes right after stream.ready.
func (s *Stream) appear() error {
	if s.absent {
		return nil
	}
	s.appeared = true
	s.hub.presence.arrive(s.user)
	for _, l := range s.classes {
		if err := s.show(l); err != nil {
			return err
		}
	}
	return nil
}

// show makes the user present in one more class, and queues how it looks.
func (s *Stream) show(l *leg) error {
	if !s.appeared {
		return nil // appear does it
	}
	s.sit(l)
	if s.poll {
		return nil
	}
	for _, look := range [...]func(class string) (*Frame, error){s.hub.presence.snapshot, s.hub.presence.typed} {
		frame, err := look(l.class)
		if err != nil {
			return err
		}
		s.out = append(s.out, queued{frame, nil})
	}
	return nil
}

// sit counts the stream in a class, as the feed of its leg has the members.
func (s *Stream) sit(l *leg) {
	if !s.appeared || l.class == "" {
		return
	}
	l.feed.mu.Lock()
	defer l.feed.mu.Unlock()
	s.hub.presence.enter(l.feed, s.user, l.seated)
	l.seated = true
}

// rise undoes sit.
func (s *Stream) rise(l *leg) {
	if l.seated {
		l.seated = false
		s.hub.presence.exit(l.class, s.user)
	}
}

// vanish undoes appear, once the stream has no class any more.
func (s *Stream) vanish() {
	if s.appeared {
		s.appeared = false
		s.hub.presence.depart(s.user)
	}
}
