package storagetest

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

// The people of the stories. In a class that [school.class] made, anna teaches, clio assists, ben and dora learn, eve
// is a stranger and root an admin who is no member.
var (
	root = storage.Principal{User: "root", Role: storage.GlobalAdmin}
	anna = storage.Principal{User: "anna", Name: "Anna Ames", Role: storage.GlobalTeacher}
	gwen = storage.Principal{User: "gwen", Name: "Gwen Gray", Role: storage.GlobalTeacher}
	clio = storage.Principal{User: "clio", Name: "Clio Cole", Role: storage.GlobalStudent}
	ben  = storage.Principal{User: "ben", Name: "Ben Bell", Role: storage.GlobalStudent}
	dora = storage.Principal{User: "dora", Name: "Dora Dean", Role: storage.GlobalStudent}
	eve  = storage.Principal{User: "eve", Name: "Eve Edge", Role: storage.GlobalStudent}
)

// school is a store under test, with all the events that it published.
type school struct {
	storage.Store
	driver storage.Driver
	tape   *tape
	clock  *clock
}

// newSchool opens a store for a test. At the test's end its log must have what was published.
func newSchool(t *testing.T, open Open) *school {
	t.Helper()
	driver, err := open(t.Context())
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return newSchoolOn(t, driver)
}

func newSchoolOn(t *testing.T, driver storage.Driver, options ...storage.Option) *school {
	clock := &clock{}
	options = append(options, storage.WithClock(clock.now))
	s := &school{Store: storage.NewEngine(driver, options...), driver: driver, tape: &tape{}, clock: clock}
	s.OnCommit(s.tape.publish)
	s.OnReceipts(s.tape.hear)
	t.Cleanup(func() {
		s.checkTape(t)
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// class makes a class with its people.
func (s *school) class(t *testing.T) string {
	t.Helper()
	id := s.create(t, anna, "Biology 10b").ID
	s.put(t, id, clio, storage.Assistant)
	s.put(t, id, ben, storage.Student)
	s.put(t, id, dora, storage.Student)
	return id
}

func (s *school) create(t *testing.T, p storage.Principal, name string) storage.Class {
	t.Helper()
	class, err := s.CreateClass(t.Context(), p, storage.ClassDraft{Name: name})
	if err != nil {
		t.Fatalf("create class: %v", err)
	}
	return class
}

// put has root set a member's role.
func (s *school) put(t *testing.T, class string, p storage.Principal, role storage.Role) storage.Member {
	t.Helper()
	m, _, err := s.PutMember(t.Context(), root, class, p.User, storage.MemberChange{Role: role, Name: p.Name}, storage.AnyVersion)
	if err != nil {
		t.Fatalf("put member %s: %v", p.User, err)
	}
	return m
}

func (s *school) post(t *testing.T, p storage.Principal, class, text string) storage.Message {
	t.Helper()
	m, err := s.CreateMessage(t.Context(), p, class, storage.MessageDraft{Text: text})
	if err != nil {
		t.Fatalf("post: %v", err)
	}
	return m
}

func (s *school) message(t *testing.T, class, id string) storage.Message {
	t.Helper()
	m, err := s.Message(t.Context(), root, class, id)
	if err != nil {
		t.Fatalf("read message: %v", err)
	}
	return m
}

// head is the seq of a class's newest event.
func (s *school) head(t *testing.T, class string) int64 {
	t.Helper()
	channel := events.ClassChannel(class)
	at, err := s.Heads(t.Context(), []events.Channel{channel})
	if err != nil {
		t.Fatalf("heads: %v", err)
	}
	return at.Extents[channel].Head
}

// history is all that a class's log has after a seq.
func (s *school) history(t *testing.T, class string, after int64) []events.Event {
	t.Helper()
	return s.logged(t, events.ClassChannel(class), after)
}

// logged is all that a channel's log has after a seq. It checks that nothing is missing.
func (s *school) logged(t *testing.T, channel events.Channel, after int64) []events.Event {
	t.Helper()
	var all []events.Event
	for {
		const limit = 100
		evs, err := s.Read(context.WithoutCancel(t.Context()), channel, after, limit) // the test may be at its end
		if errors.Is(err, storage.ErrClosed) {
			return all
		}
		if err != nil {
			t.Fatalf("read events: %v", err)
		}
		for _, e := range evs {
			if after++; e.Seq != after {
				t.Fatalf("event %d comes where %d is due", e.Seq, after)
			}
		}
		all = append(all, evs...)
		if len(evs) < limit {
			return all
		}
	}
}

// all is every message of a class, oldest first.
func (s *school) all(t *testing.T, class string) []storage.Message {
	t.Helper()
	return pages(t, func(page storage.Page) (storage.List[storage.Message], error) {
		page.Limit = 200
		return s.Messages(t.Context(), root, class, page, storage.OldestFirst)
	})
}

// members is every member of a class.
func (s *school) members(t *testing.T, class string) []storage.Member {
	t.Helper()
	return pages(t, func(page storage.Page) (storage.List[storage.Member], error) {
		page.Limit = 200
		return s.Members(t.Context(), root, class, page)
	})
}

// pages reads a list to its end.
func pages[T any](t *testing.T, read func(storage.Page) (storage.List[T], error)) []T {
	t.Helper()
	var all []T
	page := storage.Page{}
	for {
		list, err := read(page)
		if err != nil {
			t.Fatalf("read page: %v", err)
		}
		all = append(all, list.Items...)
		if page.After = list.Next; page.After == "" {
			return all
		}
	}
}

// wantError checks an error by [errors.Is].
func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

// wantStale checks that an error is a [*storage.VersionError] that shows what is there.
func wantStale(t *testing.T, err error, current any) {
	t.Helper()
	stale, ok := errors.AsType[*storage.VersionError](err)
	if !ok {
		t.Errorf("error %v, want a version mismatch", err)
		return
	}
	equal(t, "current", stale.Current, current)
}

// equal compares what was got with what is wanted.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, show(got), show(want))
	}
}
