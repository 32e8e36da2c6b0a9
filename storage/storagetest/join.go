package storagetest

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

// codeForm is a code as it is shown, without look-alikes.
var codeForm = regexp.MustCompile(`^[A-HJKMNP-Z2-9]{4}-[A-HJKMNP-Z2-9]{4}$`)

func testJoining(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("whoever has the code joins as a student", func(t *testing.T) {
		class := s.class(t)
		code, head := s.joinCode(t, class), s.head(t, class)
		m, joined, err := s.JoinClass(t.Context(), eve, class, storage.JoinDraft{Code: code.Code})
		wantError(t, err, nil)
		equal(t, "member", m, storage.Member{
			Class: class, User: "eve", Name: "Eve Edge", Role: storage.Student, Version: 1, JoinedAt: m.JoinedAt, UpdatedAt: m.JoinedAt,
		})
		equal(t, "joined", joined, true)
		read, err := s.Member(t.Context(), eve, class, "eve")
		wantError(t, err, nil)
		equal(t, "read member", read, m)
		again, joined, err := s.JoinClass(t.Context(), eve, class, storage.JoinDraft{Code: code.Code})
		wantError(t, err, nil)
		equal(t, "member again", again, m)
		equal(t, "joined again", joined, false)
		teacher, joined, err := s.JoinClass(t.Context(), anna, class, storage.JoinDraft{Code: code.Code})
		wantError(t, err, nil)
		if joined || teacher.Role != storage.Teacher {
			t.Errorf("joined %v, the teacher is %s", joined, show(teacher))
		}
		s.wantEvents(t, class, head, event{events.MemberJoined, "eve", m})
	})

	t.Run("in any case, with its dash or without", func(t *testing.T) {
		class := s.class(t)
		code := s.joinCode(t, class).Code
		for i, typed := range []string{
			strings.ToLower(code), strings.ReplaceAll(code, "-", ""), strings.ToLower(strings.ReplaceAll(code, "-", "")), " " + code + "\n",
		} {
			user := storage.Principal{User: string(rune('a' + i))}
			_, joined, err := s.JoinClass(t.Context(), user, class, storage.JoinDraft{Code: typed})
			wantError(t, err, nil)
			equal(t, "joined with "+typed, joined, true)
		}
	})

	t.Run("no other text opens anything", func(t *testing.T) {
		class, other, off, deleted := s.class(t), s.class(t), s.class(t), s.class(t)
		code := s.joinCode(t, class).Code
		s.joinCode(t, other)
		gone := s.joinCode(t, deleted).Code
		wantError(t, s.DeleteClass(t.Context(), anna, deleted, storage.AnyVersion), nil)
		head := s.head(t, class)
		for _, typed := range []string{"", "-", " ", code[:8], code + "A", "AAAA-AAAA", code[5:] + code[4:5] + code[:4], "\x00", strings.Repeat("A", 50_000)} {
			_, _, err := s.JoinClass(t.Context(), eve, class, storage.JoinDraft{Code: typed})
			wantError(t, err, storage.ErrWrongCode)
			_, _, err = s.JoinClass(t.Context(), eve, off, storage.JoinDraft{Code: typed})
			wantError(t, err, storage.ErrWrongCode)
			_, _, err = s.JoinClass(t.Context(), ben, class, storage.JoinDraft{Code: typed}) // who is a member
			wantError(t, err, storage.ErrWrongCode)
		}
		for id, typed := range map[string]string{other: code, off: code, noClass: code, deleted: gone} {
			for _, p := range []storage.Principal{eve, root} {
				_, _, err := s.JoinClass(t.Context(), p, id, storage.JoinDraft{Code: typed})
				wantError(t, err, storage.ErrWrongCode)
			}
		}
		s.wantEvents(t, class, head)
	})

	t.Run("a new code replaces the old, and leaves no event", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		_, err := s.JoinCode(t.Context(), anna, class)
		wantError(t, err, storage.ErrNotFound)
		first := s.joinCode(t, class)
		second := s.joinCode(t, class)
		if first.Code == second.Code || second.CreatedAt < first.CreatedAt {
			t.Errorf("%s was followed by %s", show(first), show(second))
		}
		_, _, err = s.JoinClass(t.Context(), eve, class, storage.JoinDraft{Code: first.Code})
		wantError(t, err, storage.ErrWrongCode)
		for range 2 {
			wantError(t, s.DropJoinCode(t.Context(), anna, class), nil)
			_, err = s.JoinCode(t.Context(), anna, class)
			wantError(t, err, storage.ErrNotFound)
			_, _, err = s.JoinClass(t.Context(), eve, class, storage.JoinDraft{Code: second.Code})
			wantError(t, err, storage.ErrWrongCode)
		}
		s.wantEvents(t, class, head)
		third := s.joinCode(t, class)
		_, joined, err := s.JoinClass(t.Context(), eve, class, storage.JoinDraft{Code: third.Code})
		wantError(t, err, nil)
		equal(t, "joined", joined, true)
	})

	t.Run("teachers and admins manage it", func(t *testing.T) {
		class := s.class(t)
		s.joinCode(t, class)
		for p, want := range map[storage.Principal]error{
			root: nil, anna: nil, clio: storage.ErrForbidden, ben: storage.ErrForbidden, eve: storage.ErrNotFound,
		} {
			_, err := s.JoinCode(t.Context(), p, class)
			wantError(t, err, want)
			_, err = s.SetJoinCode(t.Context(), p, class)
			wantError(t, err, want)
			wantError(t, s.DropJoinCode(t.Context(), p, class), want)
			_, err = s.SetJoinCode(t.Context(), anna, class)
			wantError(t, err, nil)
			_, err = s.SetJoinCode(t.Context(), p, noClass)
			wantError(t, err, storage.ErrNotFound)
		}
	})

	t.Run("nobody joins an archived class", func(t *testing.T) {
		class := s.class(t)
		code := s.joinCode(t, class).Code
		s.archive(t, class, true)
		head := s.head(t, class)
		_, _, err := s.JoinClass(t.Context(), eve, class, storage.JoinDraft{Code: code})
		wantError(t, err, storage.ErrClassArchived)
		_, _, err = s.JoinClass(t.Context(), eve, class, storage.JoinDraft{Code: "AAAA-AAAA"})
		wantError(t, err, storage.ErrWrongCode)
		_, joined, err := s.JoinClass(t.Context(), ben, class, storage.JoinDraft{Code: code})
		wantError(t, err, nil)
		equal(t, "joined", joined, false)
		s.wantEvents(t, class, head)
	})

	t.Run("who joins many times at once is there once", func(t *testing.T) {
		class := s.class(t)
		code, head := s.joinCode(t, class).Code, s.head(t, class)
		var mu sync.Mutex
		var times int
		var joining sync.WaitGroup
		for range 12 {
			joining.Go(func() {
				_, joined, err := s.JoinClass(t.Context(), eve, class, storage.JoinDraft{Code: code})
				check(t, err)
				mu.Lock()
				defer mu.Unlock()
				if joined {
					times++
				}
			})
		}
		joining.Wait()
		equal(t, "times", times, 1)
		equal(t, "events", s.head(t, class), head+1)
	})

	t.Run("a code that is replaced meanwhile opens nothing after", func(t *testing.T) {
		class := s.class(t)
		code := s.joinCode(t, class).Code
		users := []storage.Principal{{User: "u1"}, {User: "u2"}, {User: "u3"}, {User: "u4"}}
		var joining sync.WaitGroup
		for _, p := range users {
			joining.Go(func() {
				if _, _, err := s.JoinClass(t.Context(), p, class, storage.JoinDraft{Code: code}); err != nil && !errors.Is(err, storage.ErrWrongCode) {
					t.Error(err)
				}
			})
		}
		s.joinCode(t, class)
		_, _, err := s.JoinClass(t.Context(), eve, class, storage.JoinDraft{Code: code})
		wantError(t, err, storage.ErrWrongCode)
		joining.Wait()
	})
}

// joinCode makes a class's code.
func (s *school) joinCode(t *testing.T, class string) storage.JoinCode {
	t.Helper()
	code, err := s.SetJoinCode(t.Context(), anna, class)
	if err != nil {
		t.Fatalf("set join code: %v", err)
	}
	if !codeForm.MatchString(code.Code) || code.CreatedAt == 0 {
		t.Errorf("code %s", show(code))
	}
	read, err := s.JoinCode(t.Context(), anna, class)
	wantError(t, err, nil)
	equal(t, "read code", read, code)
	return code
}
