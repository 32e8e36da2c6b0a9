package storagetest

import (
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

func testArchive(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("a class is archived and brought back", func(t *testing.T) {
		class := s.create(t, anna, "Physics")
		equal(t, "archived at first", class.ArchivedAt, events.Time(0))
		archived := s.archive(t, class.ID, true)
		want := class
		want.Version, want.UpdatedAt, want.ArchivedAt = 2, archived.UpdatedAt, archived.ArchivedAt
		equal(t, "archived", archived, want)
		if archived.ArchivedAt < class.CreatedAt {
			t.Errorf("archived at %s, before %s", archived.ArchivedAt, class.CreatedAt)
		}
		equal(t, "archived again", s.archive(t, class.ID, true), archived)
		read, err := s.Class(t.Context(), anna, class.ID)
		wantError(t, err, nil)
		equal(t, "read class", read, archived)
		back := s.archive(t, class.ID, false)
		want.Version, want.UpdatedAt, want.ArchivedAt = 3, back.UpdatedAt, 0
		equal(t, "brought back", back, want)
		equal(t, "brought back again", s.archive(t, class.ID, false), back)
		list, err := s.Classes(t.Context(), anna, storage.Page{Limit: 200})
		wantError(t, err, nil)
		equal(t, "listed", list.Items[len(list.Items)-1], back)
		s.wantEvents(t, class.ID, 1,
			event{events.ClassUpdated, "anna", archived.ClassInfo}, event{events.ClassUpdated, "anna", back.ClassInfo})
	})

	t.Run("a name and the archive change together", func(t *testing.T) {
		class := s.create(t, anna, "Maths")
		name, yes := "Maths 2026", true
		changed, err := s.UpdateClass(t.Context(), anna, class.ID, storage.ClassChange{Name: &name, Archived: &yes}, 1)
		wantError(t, err, nil)
		if changed.Name != name || changed.ArchivedAt == 0 || changed.Version != 2 {
			t.Errorf("changed to %s", show(changed))
		}
		renamed, err := s.UpdateClass(t.Context(), anna, class.ID, storage.ClassChange{Name: &class.Name}, 2)
		wantError(t, err, nil)
		equal(t, "still archived", renamed.ArchivedAt, changed.ArchivedAt)
	})

	t.Run("nobody writes in an archived class, all read on", func(t *testing.T) {
		class := s.class(t)
		m, gone := s.post(t, ben, class, "first"), s.post(t, ben, class, "gone")
		wantError(t, s.DeleteMessage(t.Context(), ben, class, gone.ID, storage.AnyVersion), nil)
		s.archive(t, class, true)
		head := s.head(t, class)
		for _, p := range []storage.Principal{root, anna, ben} {
			_, err := s.CreateMessage(t.Context(), p, class, storage.MessageDraft{Text: "too late"})
			wantError(t, err, storage.ErrClassArchived)
			_, err = s.CreateMessage(t.Context(), p, class, storage.MessageDraft{Text: "too late", ParentID: &m.ID})
			wantError(t, err, storage.ErrClassArchived)
			for _, id := range []string{m.ID, gone.ID} {
				wantError(t, s.DeleteMessage(t.Context(), p, class, id, storage.AnyVersion), storage.ErrClassArchived)
			}
			if got := s.all(t, class); len(got) != 2 {
				t.Errorf("messages %s", show(got))
			}
		}
		for _, version := range []int64{storage.AnyVersion, 7} {
			_, err := s.EditMessage(t.Context(), ben, class, m.ID, "too late", version)
			wantError(t, err, storage.ErrClassArchived)
		}
		_, err := s.EditMessage(t.Context(), dora, class, m.ID, "mine", storage.AnyVersion)
		wantError(t, err, storage.ErrForbidden)
		_, err = s.CreateMessage(t.Context(), eve, class, storage.MessageDraft{Text: "let me in"})
		wantError(t, err, storage.ErrNotFound)
		s.wantEvents(t, class, head)
		s.archive(t, class, false)
		s.post(t, ben, class, "back again")
	})

	t.Run("managing it goes on", func(t *testing.T) {
		class := s.class(t)
		s.archive(t, class, true)
		s.put(t, class, gwen, storage.Teacher)
		wantError(t, s.RemoveMember(t.Context(), ben, class, ben.User, storage.AnyVersion), nil)
		name := "Biology 2025"
		_, err := s.UpdateClass(t.Context(), gwen, class, storage.ClassChange{Name: &name}, storage.AnyVersion)
		wantError(t, err, nil)
		no := false
		_, err = s.UpdateClass(t.Context(), clio, class, storage.ClassChange{Archived: &no}, storage.AnyVersion)
		wantError(t, err, storage.ErrForbidden)
		wantError(t, s.DeleteClass(t.Context(), gwen, class, storage.AnyVersion), nil)
	})
}

// archive archives a class of anna's, or brings it back.
func (s *school) archive(t *testing.T, class string, archived bool) storage.Class {
	t.Helper()
	changed, err := s.UpdateClass(t.Context(), anna, class, storage.ClassChange{Archived: &archived}, storage.AnyVersion)
	if err != nil {
		t.Fatalf("archive: %v", err)
	}
	return changed
}
