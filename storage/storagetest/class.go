package storagetest

import (
	"fmt"
	"slices"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

func testClasses(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("the creator becomes its teacher", func(t *testing.T) {
		before := events.Now()
		class := s.create(t, anna, "Physics")
		role := storage.Teacher
		equal(t, "class", class, storage.Class{
			ClassInfo: storage.ClassInfo{ID: class.ID, Name: "Physics", Version: 1, CreatedAt: class.CreatedAt, UpdatedAt: class.CreatedAt},
			Role:      &role, Read: new(int64), Unread: new(int64),
		})
		if class.ID == "" || class.CreatedAt < before || class.CreatedAt > events.Now() {
			t.Errorf("created %q at %s", class.ID, class.CreatedAt)
		}
		read, err := s.Class(t.Context(), anna, class.ID)
		wantError(t, err, nil)
		equal(t, "read class", read, class)
		teacher, err := s.Member(t.Context(), anna, class.ID, anna.User)
		wantError(t, err, nil)
		equal(t, "teacher", teacher, storage.Member{
			Class: class.ID, User: "anna", Name: "Anna Ames", Role: storage.Teacher, Version: 1, JoinedAt: teacher.JoinedAt, UpdatedAt: teacher.JoinedAt,
		})
		s.wantEvents(t, class.ID, 0, event{events.MemberJoined, "anna", teacher})
	})

	t.Run("a creator without a name goes by the user id", func(t *testing.T) {
		class := s.create(t, storage.Principal{User: "zoë", Role: storage.GlobalAdmin}, "History")
		if got := s.members(t, class.ID); len(got) != 1 || got[0].Name != "zoë" {
			t.Errorf("members %s", show(got))
		}
	})

	t.Run("students create none", func(t *testing.T) {
		_, err := s.CreateClass(t.Context(), ben, storage.ClassDraft{Name: "Playtime"})
		wantError(t, err, storage.ErrForbidden)
		list, err := s.Classes(t.Context(), ben, storage.Page{Limit: 10})
		wantError(t, err, nil)
		equal(t, "classes", list.Items, []storage.Class{})
	})

	t.Run("a new name makes a new version", func(t *testing.T) {
		class := s.create(t, anna, "Maths")
		name := `Maths "2" <b>&</b> ∑`
		changed, err := s.UpdateClass(t.Context(), anna, class.ID, storage.ClassChange{Name: &name}, storage.AnyVersion)
		wantError(t, err, nil)
		want := class
		want.Name, want.Version, want.UpdatedAt = name, 2, changed.UpdatedAt
		equal(t, "changed", changed, want)
		if changed.UpdatedAt < class.UpdatedAt {
			t.Errorf("updated at %s, before %s", changed.UpdatedAt, class.UpdatedAt)
		}
		read, err := s.Class(t.Context(), anna, class.ID)
		wantError(t, err, nil)
		equal(t, "read class", read, want)
		s.wantEvents(t, class.ID, 1, event{events.ClassUpdated, "anna", want.ClassInfo})
	})

	t.Run("the old name makes none", func(t *testing.T) {
		class := s.create(t, anna, "Maths")
		for _, name := range []*string{&class.Name, nil} {
			same, err := s.UpdateClass(t.Context(), anna, class.ID, storage.ClassChange{Name: name}, storage.AnyVersion)
			wantError(t, err, nil)
			equal(t, "class", same, class)
		}
		s.wantEvents(t, class.ID, 1)
	})

	t.Run("an expected version must be the present one", func(t *testing.T) {
		class := s.create(t, anna, "Art")
		name := "Fine art"
		change := storage.ClassChange{Name: &name}
		changed, err := s.UpdateClass(t.Context(), anna, class.ID, change, 1)
		wantError(t, err, nil)
		for _, version := range []int64{1, 3} {
			_, err = s.UpdateClass(t.Context(), anna, class.ID, change, version)
			wantStale(t, err, changed)
			wantStale(t, s.DeleteClass(t.Context(), anna, class.ID, version), changed)
		}
		_, err = s.UpdateClass(t.Context(), root, class.ID, change, 1)
		wantStale(t, err, storage.Class{ClassInfo: changed.ClassInfo}) // no role: root is no member
		s.wantEvents(t, class.ID, 1, event{events.ClassUpdated, "anna", changed.ClassInfo})
		wantError(t, s.DeleteClass(t.Context(), anna, class.ID, 2), nil)
	})

	t.Run("a deleted class is gone for all", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, ben, class, "so long")
		wantError(t, s.DeleteClass(t.Context(), anna, class, storage.AnyVersion), nil)
		for _, p := range []storage.Principal{root, anna, ben} {
			_, err := s.Class(t.Context(), p, class)
			wantError(t, err, storage.ErrNotFound)
			_, err = s.Message(t.Context(), p, class, m.ID)
			wantError(t, err, storage.ErrNotFound)
			_, err = s.CreateMessage(t.Context(), p, class, storage.MessageDraft{Text: "anybody?"})
			wantError(t, err, storage.ErrNotFound)
			wantError(t, s.DeleteClass(t.Context(), p, class, storage.AnyVersion), storage.ErrNotFound)
		}
		list := pages(t, func(page storage.Page) (storage.List[storage.Class], error) {
			page.Limit = 2
			return s.Classes(t.Context(), anna, page)
		})
		for _, c := range list {
			if c.ID == class {
				t.Error("it is still listed")
			}
		}
		s.wantEvents(t, class, m.Seq, event{events.ClassDeleted, "anna", map[string]string{"id": class}})
	})

	t.Run("everybody lists the own classes, in the order of their making", func(t *testing.T) {
		uma := storage.Principal{User: "uma", Role: storage.GlobalTeacher}
		var want []storage.Class
		for range 5 {
			want = append(want, s.create(t, uma, "Uma's"))
		}
		learns := s.class(t)
		joined := s.put(t, learns, uma, storage.Student)
		list, err := s.Classes(t.Context(), uma, storage.Page{Limit: 10})
		wantError(t, err, nil)
		info, err := s.Class(t.Context(), uma, learns)
		wantError(t, err, nil)
		equal(t, "role", *info.Role, joined.Role)
		equal(t, "classes", list.Items, append(want, info))
		for _, limit := range []int{1, 3, 6, 100} {
			ids, err := s.UserClasses(t.Context(), uma.User, limit)
			wantError(t, err, nil)
			newest := []string{learns}
			for _, c := range slices.Backward(want) {
				newest = append(newest, c.ID)
			}
			equal(t, fmt.Sprintf("the newest %d", limit), ids, newest[:min(limit, len(newest))])
		}
		wantError(t, s.DeleteClass(t.Context(), uma, want[4].ID, storage.AnyVersion), nil)
		want = want[:4]
		ids, err := s.UserClasses(t.Context(), uma.User, 2)
		wantError(t, err, nil)
		equal(t, "the newest, after one was deleted", ids, []string{learns, want[3].ID})
		wantError(t, s.RemoveMember(t.Context(), uma, learns, uma.User, storage.AnyVersion), nil)
		list, err = s.Classes(t.Context(), uma, storage.Page{Limit: 10})
		wantError(t, err, nil)
		equal(t, "classes after leaving", list.Items, want)
	})
}
