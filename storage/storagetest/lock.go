package storagetest

import (
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

func testLocks(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("in a locked class only teachers post, all read on", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, ben, class, "first")
		s.lock(t, class, true)
		head := s.head(t, class)
		for _, p := range []storage.Principal{clio, ben} {
			_, err := s.CreateMessage(t.Context(), p, class, storage.MessageDraft{Text: "too late"})
			wantError(t, err, storage.ErrClassLocked)
			_, err = s.CreateMessage(t.Context(), p, class, storage.MessageDraft{Text: "too late", ParentID: &m.ID})
			wantError(t, err, storage.ErrClassLocked)
		}
		_, err := s.EditMessage(t.Context(), ben, class, m.ID, "first!", storage.AnyVersion)
		wantError(t, err, storage.ErrClassLocked)
		_, err = s.EditMessage(t.Context(), dora, class, m.ID, "mine", storage.AnyVersion)
		wantError(t, err, storage.ErrForbidden)
		_, err = s.CreateMessage(t.Context(), eve, class, storage.MessageDraft{Text: "let me in"})
		wantError(t, err, storage.ErrNotFound)
		s.wantEvents(t, class, head)
		notice := s.post(t, anna, class, "Quiet, please.")
		s.post(t, root, class, "I may, too")
		equal(t, "what ben reads", s.message(t, class, notice.ID), notice)
		wantError(t, s.DeleteMessage(t.Context(), ben, class, m.ID, storage.AnyVersion), nil)
		s.lock(t, class, false)
		s.post(t, ben, class, "here again")
	})

	t.Run("locking makes a version and an event, and no other change does it", func(t *testing.T) {
		class := s.create(t, anna, "Physics")
		if class.Locked || class.SlowMode != 0 {
			t.Errorf("a new class is %s", show(class))
		}
		shut := s.lock(t, class.ID, true)
		want := class
		want.Locked, want.Version, want.UpdatedAt = true, 2, shut.UpdatedAt
		equal(t, "locked", shut, want)
		equal(t, "locked again", s.lock(t, class.ID, true), shut)
		name := "Physics 2"
		renamed, err := s.UpdateClass(t.Context(), anna, class.ID, storage.ClassChange{Name: &name}, storage.AnyVersion)
		wantError(t, err, nil)
		equal(t, "still locked", renamed.Locked, true)
		list, err := s.Classes(t.Context(), anna, storage.Page{Limit: 200})
		wantError(t, err, nil)
		equal(t, "listed", list.Items[len(list.Items)-1], renamed)
		open := s.lock(t, class.ID, false)
		s.wantEvents(t, class.ID, 1, event{events.ClassUpdated, "anna", shut.ClassInfo},
			event{events.ClassUpdated, "anna", renamed.ClassInfo}, event{events.ClassUpdated, "anna", open.ClassInfo})
	})

	t.Run("what was posted before is answered again", func(t *testing.T) {
		class := s.class(t)
		m := s.postUnder(t, ben, class, "k", "before")
		s.lock(t, class, true)
		_, err := s.CreateMessage(t.Context(), ben, class, under("k", "before"))
		wantRepeat(t, err, m.ID, 1, m)
	})

	t.Run("only teachers and admins lock", func(t *testing.T) {
		class := s.class(t)
		yes := true
		for p, want := range map[storage.Principal]error{
			clio: storage.ErrForbidden, ben: storage.ErrForbidden, eve: storage.ErrNotFound, anna: nil, root: nil,
		} {
			_, err := s.UpdateClass(t.Context(), p, class, storage.ClassChange{Locked: &yes}, storage.AnyVersion)
			wantError(t, err, want)
		}
	})
}

// lock locks a class of anna's, or opens it.
func (s *school) lock(t *testing.T, class string, locked bool) storage.Class {
	t.Helper()
	changed, err := s.UpdateClass(t.Context(), anna, class, storage.ClassChange{Locked: &locked}, storage.AnyVersion)
	if err != nil {
		t.Fatalf("lock: %v", err)
	}
	return changed
}
