package storagetest

import (
	"errors"
	"sync"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

func testMembers(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("a new member joins", func(t *testing.T) {
		class := s.create(t, anna, "Physics").ID
		m, created, err := s.PutMember(t.Context(), anna, class, "ben", storage.MemberChange{Role: storage.Student, Name: "Ben O'Bell"}, storage.AnyVersion)
		wantError(t, err, nil)
		equal(t, "created", created, true)
		equal(t, "member", m, storage.Member{
			Class: class, User: "ben", Name: "Ben O'Bell", Role: storage.Student, Version: 1, JoinedAt: m.JoinedAt, UpdatedAt: m.JoinedAt,
		})
		read, err := s.Member(t.Context(), ben, class, "ben")
		wantError(t, err, nil)
		equal(t, "read member", read, m)
		s.wantEvents(t, class, 1, event{events.MemberJoined, "anna", m})
		nameless, _, err := s.PutMember(t.Context(), anna, class, "dora", storage.MemberChange{Role: storage.Student}, storage.AnyVersion)
		wantError(t, err, nil)
		equal(t, "name", nameless.Name, "dora")
	})

	t.Run("a role or a name changes", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		was, err := s.Member(t.Context(), anna, class, "ben")
		wantError(t, err, nil)
		promoted, created, err := s.PutMember(t.Context(), anna, class, "ben", storage.MemberChange{Role: storage.Assistant}, storage.AnyVersion)
		wantError(t, err, nil)
		equal(t, "created", created, false)
		want := was
		want.Role, want.Version, want.UpdatedAt = storage.Assistant, 2, promoted.UpdatedAt
		equal(t, "promoted", promoted, want)
		renamed, _, err := s.PutMember(t.Context(), anna, class, "ben", storage.MemberChange{Role: storage.Assistant, Name: "Benjamin"}, 2)
		wantError(t, err, nil)
		want.Name, want.Version, want.UpdatedAt = "Benjamin", 3, renamed.UpdatedAt
		equal(t, "renamed", renamed, want)
		read, err := s.Member(t.Context(), ben, class, "ben")
		wantError(t, err, nil)
		equal(t, "read member", read, want)
		s.wantEvents(t, class, head, event{events.MemberUpdated, "anna", promoted}, event{events.MemberUpdated, "anna", renamed})
	})

	t.Run("nothing new makes no event", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		was, err := s.Member(t.Context(), anna, class, "ben")
		wantError(t, err, nil)
		for _, name := range []string{"", ben.Name} {
			m, created, err := s.PutMember(t.Context(), anna, class, "ben", storage.MemberChange{Role: storage.Student, Name: name}, storage.AnyVersion)
			wantError(t, err, nil)
			equal(t, "created", created, false)
			equal(t, "member", m, was)
		}
		s.wantEvents(t, class, head)
	})

	t.Run("an expected version must be the present one", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		was, err := s.Member(t.Context(), anna, class, "ben")
		wantError(t, err, nil)
		change := storage.MemberChange{Role: storage.Assistant}
		_, _, err = s.PutMember(t.Context(), anna, class, "ben", change, 2)
		wantStale(t, err, was)
		wantStale(t, s.RemoveMember(t.Context(), anna, class, "ben", 2), was)
		_, _, err = s.PutMember(t.Context(), anna, class, "eve", change, 1)
		wantStale(t, err, nil) // there is none to match
		s.wantEvents(t, class, head)
	})

	t.Run("a removed member sees nothing any more", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		was, err := s.Member(t.Context(), ben, class, "ben")
		wantError(t, err, nil)
		wantError(t, s.RemoveMember(t.Context(), anna, class, "ben", 1), nil)
		_, err = s.Class(t.Context(), ben, class)
		wantError(t, err, storage.ErrNotFound)
		_, err = s.Member(t.Context(), anna, class, "ben")
		wantError(t, err, storage.ErrNotFound)
		wantError(t, s.RemoveMember(t.Context(), anna, class, "ben", storage.AnyVersion), storage.ErrNotFound)
		s.wantEvents(t, class, head, event{events.MemberLeft, "anna", was})
		again := s.put(t, class, ben, storage.Student)
		equal(t, "version of one who joined again", again.Version, int64(1))
	})

	t.Run("members may leave", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		was, err := s.Member(t.Context(), dora, class, "dora")
		wantError(t, err, nil)
		wantError(t, s.RemoveMember(t.Context(), dora, class, "dora", storage.AnyVersion), nil)
		s.wantEvents(t, class, head, event{events.MemberLeft, "dora", was})
		wantError(t, s.RemoveMember(t.Context(), dora, class, "dora", storage.AnyVersion), storage.ErrNotFound)
	})

	t.Run("the last teacher stays one", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		demote := storage.MemberChange{Role: storage.Assistant}
		for _, p := range []storage.Principal{anna, root} {
			wantError(t, s.RemoveMember(t.Context(), p, class, "anna", storage.AnyVersion), storage.ErrLastTeacher)
			_, _, err := s.PutMember(t.Context(), p, class, "anna", demote, storage.AnyVersion)
			wantError(t, err, storage.ErrLastTeacher)
		}
		s.wantEvents(t, class, head)
		_, _, err := s.PutMember(t.Context(), anna, class, "anna", storage.MemberChange{Role: storage.Teacher, Name: "Ms Ames"}, storage.AnyVersion)
		wantError(t, err, nil)
		s.put(t, class, gwen, storage.Teacher)
		_, _, err = s.PutMember(t.Context(), anna, class, "anna", demote, storage.AnyVersion)
		wantError(t, err, nil)
		wantError(t, s.RemoveMember(t.Context(), gwen, class, "gwen", storage.AnyVersion), storage.ErrLastTeacher)
	})

	t.Run("of teachers who leave at the same time one stays", func(t *testing.T) {
		for range 10 {
			class := s.class(t)
			teachers := []storage.Principal{anna, gwen, {User: "hugo"}}
			for _, p := range teachers {
				s.put(t, class, p, storage.Teacher)
			}
			leaveAtOnce(t, []*school{s, s, s}, class, teachers)
		}
	})
}

// leaveAtOnce has a class's only teachers leave at the same time, each through a store. All but one may.
func leaveAtOnce(t *testing.T, through []*school, class string, teachers []storage.Principal) {
	t.Helper()
	errs := make([]error, len(teachers))
	var leaving sync.WaitGroup
	for i, p := range teachers {
		leaving.Go(func() {
			errs[i] = through[i].RemoveMember(t.Context(), p, class, p.User, storage.AnyVersion)
		})
	}
	leaving.Wait()
	stayed := 0
	for _, err := range errs {
		if errors.Is(err, storage.ErrLastTeacher) {
			stayed++
		} else {
			wantError(t, err, nil)
		}
	}
	equal(t, "teachers who stayed", stayed, 1)
}
