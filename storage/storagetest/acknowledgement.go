package storagetest

import (
	"sync"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

// acknowledgeAs acknowledges a bulletin.
func (s *school) acknowledgeAs(t *testing.T, p storage.Principal, key storage.BulletinKey) storage.Acknowledgement {
	t.Helper()
	a, err := s.Acknowledge(t.Context(), p, key)
	if err != nil {
		t.Fatalf("acknowledge: %v", err)
	}
	return a
}

// acknowledged are the users of a state, as a teacher lists them.
func (s *school) acknowledged(t *testing.T, key storage.BulletinKey, state storage.AcknowledgementState, limit int) []string {
	t.Helper()
	users := []string{}
	for _, a := range pages(t, func(page storage.Page) (storage.List[storage.MemberAcknowledgement], error) {
		page.Limit = limit
		list, err := s.Acknowledgements(t.Context(), anna, key, state, page)
		return list.List, err
	}) {
		if state != storage.AnyState && (a.AcknowledgedAt != 0) != (state == storage.Acknowledged) {
			t.Errorf("among those %s: %s", state, show(a))
		}
		users = append(users, a.User)
	}
	return users
}

func testAcknowledgements(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))
	for kind := range bulletinEvents {
		t.Run(string(kind), func(t *testing.T) {
			class := s.class(t)
			m := s.announce(t, class, draftOf(kind))
			head := s.head(t, class)
			equal(t, "missing at first", s.acknowledged(t, keyOf(m), storage.Missing, 1), []string{"ben", "clio", "dora"})
			first := s.acknowledgeAs(t, ben, keyOf(m))
			if first.User != "ben" || first.AcknowledgedAt == 0 {
				t.Errorf("acknowledged %s", show(first))
			}
			equal(t, "again", s.acknowledgeAs(t, ben, keyOf(m)), first)
			s.acknowledgeAs(t, anna, keyOf(m)) // the author counts nowhere
			view := s.bulletin(t, ben, keyOf(m))
			equal(t, "to ben", view.Tally, storage.Tally{Acknowledged: true, AcknowledgedCount: 1, MemberCount: 3})
			equal(t, "to dora", s.bulletin(t, dora, keyOf(m)).Tally, storage.Tally{AcknowledgedCount: 1, MemberCount: 3})
			equal(t, "listed to ben", s.bulletins(t, ben, class, kind, nil, 5), []storage.BulletinView{view})
			equal(t, "version", view.Version, m.Version)
			for _, limit := range []int{1, 2, 3, 4} {
				equal(t, "acknowledged", s.acknowledged(t, keyOf(m), storage.Acknowledged, limit), []string{"ben"})
				equal(t, "missing", s.acknowledged(t, keyOf(m), storage.Missing, limit), []string{"clio", "dora"})
				equal(t, "all", s.acknowledged(t, keyOf(m), storage.AnyState, limit), []string{"ben", "clio", "dora"})
			}
			list, err := s.Acknowledgements(t.Context(), anna, keyOf(m), storage.AnyState, storage.Page{Limit: 1})
			wantError(t, err, nil)
			equal(t, "page", list.Items, []storage.MemberAcknowledgement{{User: "ben", Name: "Ben Bell", Role: storage.Student, AcknowledgedAt: first.AcknowledgedAt}})
			equal(t, "tally", list.Tally, storage.Tally{Acknowledged: true, AcknowledgedCount: 1, MemberCount: 3})
			equal(t, "cursor", list.At.Class, head)
			s.wantEvents(t, class, head) // none

			wantError(t, s.RemoveMember(t.Context(), anna, class, "ben", storage.AnyVersion), nil)
			equal(t, "without ben", s.bulletin(t, dora, keyOf(m)).Tally, storage.Tally{MemberCount: 2})
			s.put(t, class, ben, storage.Student)
			equal(t, "who comes back has acknowledged it", s.acknowledged(t, keyOf(m), storage.Acknowledged, 5), []string{"ben"})
			s.archive(t, class, true)
			s.acknowledgeAs(t, dora, keyOf(m))
			equal(t, "at last", s.acknowledged(t, keyOf(m), storage.Missing, 5), []string{"clio"})
		})
	}

	t.Run("what doesn't ask for it", func(t *testing.T) {
		class := s.class(t)
		draft := draftOf(storage.Announcement)
		draft.RequiresAcknowledgement = false
		m := s.announce(t, class, draft)
		_, err := s.Acknowledge(t.Context(), ben, keyOf(m))
		wantError(t, err, storage.ErrNotRequired)
		_, err = s.Acknowledge(t.Context(), root, keyOf(m))
		wantError(t, err, storage.ErrForbidden)
		equal(t, "missing", len(s.acknowledged(t, keyOf(m), storage.Missing, 5)), 3)
	})

	t.Run("once, however many do so at once", func(t *testing.T) {
		class := s.class(t)
		m := s.announce(t, class, draftOf(storage.Announcement))
		given := make([]events.Time, 20)
		var acknowledging sync.WaitGroup
		for i := range given {
			acknowledging.Go(func() {
				a, err := s.Acknowledge(t.Context(), ben, keyOf(m))
				check(t, err)
				given[i] = a.AcknowledgedAt
			})
		}
		acknowledging.Wait()
		for _, at := range given {
			equal(t, "time", at, given[0])
		}
		equal(t, "count", s.bulletin(t, anna, keyOf(m)).AcknowledgedCount, int64(1))
	})
}
