package storagetest

import (
	"errors"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

func testMutes(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))
	s.clock.pass(0)

	t.Run("a muted member reads, and posts again when its time is over", func(t *testing.T) {
		class := s.class(t)
		m, was := s.post(t, ben, class, "hello"), s.member(t, class, "ben")
		head, inbox := s.head(t, class), len(s.logged(t, events.UserChannel("ben"), 0))
		until := later(s.clock.now(), time.Hour)
		muted := s.mute(t, anna, class, "ben", until)
		want := was
		want.MutedUntil, want.Version, want.UpdatedAt = until, 2, s.clock.now()
		equal(t, "muted", muted, want)
		equal(t, "read member", s.member(t, class, "ben"), want)
		equal(t, "listed", s.members(t, class)[1], want)
		s.wantEvents(t, class, head, event{events.MemberUpdated, "anna", muted})
		s.wantInbox(t, "ben", int64(inbox), events.Notification{Kind: events.MemberUpdated, Class: class, Seq: head + 1, Role: "student"})

		head = s.head(t, class)
		s.wantMuted(t, ben, class, until)
		_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "but", ParentID: &m.ID})
		wantMutedError(t, err, until)
		_, err = s.EditMessage(t.Context(), ben, class, m.ID, "hello!", storage.AnyVersion)
		wantMutedError(t, err, until)
		equal(t, "what ben reads", s.message(t, class, m.ID), m)
		s.wantEvents(t, class, head)
		s.post(t, dora, class, "others go on")
		wantError(t, s.DeleteMessage(t.Context(), ben, class, m.ID, storage.AnyVersion), nil)

		s.clock.pass(time.Hour - time.Millisecond)
		s.wantMuted(t, ben, class, until)
		s.clock.pass(time.Millisecond)
		s.post(t, ben, class, "here again")
		want.MutedUntil = 0
		equal(t, "member after that", s.member(t, class, "ben"), want)
		equal(t, "listed after that", s.members(t, class)[1], want)
		renamed, _, err := s.PutMember(t.Context(), anna, class, "ben", storage.MemberChange{Role: storage.Student, Name: "Benny"}, storage.AnyVersion)
		wantError(t, err, nil)
		equal(t, "mute of the renamed member", renamed.MutedUntil, events.Time(0))
	})

	t.Run("who may mute whom", func(t *testing.T) {
		const yes, no, nothing = "muted", "forbidden", "not found"
		outcome := map[string]error{yes: nil, no: storage.ErrForbidden, nothing: storage.ErrNotFound}
		for _, c := range []struct {
			by                                   storage.Principal
			student, assistant, teacher, oneself string
		}{
			{root, yes, yes, no, nothing},
			{anna, yes, yes, no, no},
			{clio, yes, no, no, no},
			{ben, no, no, no, no},
			{eve, nothing, nothing, nothing, nothing},
		} {
			class := s.class(t)
			s.put(t, class, gwen, storage.Teacher)
			s.put(t, class, storage.Principal{User: "hugo"}, storage.Assistant)
			for user, want := range map[string]string{"dora": c.student, "hugo": c.assistant, "gwen": c.teacher, c.by.User: c.oneself} {
				_, err := s.MuteMember(t.Context(), c.by, class, user, later(s.clock.now(), time.Hour), storage.AnyVersion)
				if !errors.Is(err, outcome[want]) {
					t.Errorf("%s mutes %s: error %v, want it %s", c.by.User, user, err, want)
				}
				if err := s.UnmuteMember(t.Context(), c.by, class, user, storage.AnyVersion); !errors.Is(err, outcome[want]) {
					t.Errorf("%s unmutes %s: error %v, want it %s", c.by.User, user, err, want)
				}
			}
			_, err := s.MuteMember(t.Context(), c.by, class, "nobody", later(s.clock.now(), time.Hour), storage.AnyVersion)
			wantError(t, err, storage.ErrNotFound)
		}
	})

	t.Run("an admin who learns in a class is not bound", func(t *testing.T) {
		class := s.class(t)
		s.put(t, class, root, storage.Student)
		s.mute(t, anna, class, "root", later(s.clock.now(), time.Hour))
		s.post(t, root, class, "I may")
		_, err := s.MuteMember(t.Context(), root, class, "root", later(s.clock.now(), time.Minute), storage.AnyVersion)
		wantError(t, err, storage.ErrForbidden) // nobody mutes themselves
	})

	t.Run("unmuted, a member posts at once", func(t *testing.T) {
		class := s.class(t)
		s.mute(t, anna, class, "ben", later(s.clock.now(), time.Hour))
		head := s.head(t, class)
		wantError(t, s.UnmuteMember(t.Context(), clio, class, "ben", storage.AnyVersion), nil)
		s.post(t, ben, class, "here again")
		wantError(t, s.UnmuteMember(t.Context(), clio, class, "ben", storage.AnyVersion), nil)
		s.mute(t, anna, class, "ben", later(s.clock.now(), time.Hour))
		s.mute(t, anna, class, "ben", later(s.clock.now(), time.Hour))
		equal(t, "events: unmuted, posted, muted", len(s.history(t, class, head)), 3) // and none of what changed nothing
	})

	t.Run("it ends ahead, and not too far", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		for _, d := range []time.Duration{-time.Hour, 0, storage.MaxMute + time.Millisecond} {
			_, err := s.MuteMember(t.Context(), anna, class, "ben", later(s.clock.now(), d), storage.AnyVersion)
			wantError(t, err, storage.ErrMuteTime)
			_, err = s.MuteMember(t.Context(), eve, class, "ben", later(s.clock.now(), d), storage.AnyVersion)
			wantError(t, err, storage.ErrNotFound)
		}
		s.wantEvents(t, class, head)
		s.mute(t, anna, class, "ben", later(s.clock.now(), time.Millisecond))
		s.mute(t, anna, class, "ben", later(s.clock.now(), storage.MaxMute))
	})

	t.Run("an expected version must be the present one", func(t *testing.T) {
		class := s.class(t)
		was := s.member(t, class, "ben")
		_, err := s.MuteMember(t.Context(), anna, class, "ben", later(s.clock.now(), time.Hour), 2)
		wantStale(t, err, was)
		muted, err := s.MuteMember(t.Context(), anna, class, "ben", later(s.clock.now(), time.Hour), 1)
		wantError(t, err, nil)
		wantStale(t, s.UnmuteMember(t.Context(), anna, class, "ben", 1), muted)
		wantError(t, s.UnmuteMember(t.Context(), anna, class, "ben", 2), nil)
	})

	t.Run("who becomes a teacher is muted no more", func(t *testing.T) {
		class := s.class(t)
		s.mute(t, anna, class, "ben", later(s.clock.now(), time.Hour))
		equal(t, "mute of an assistant", s.put(t, class, ben, storage.Assistant).MutedUntil, later(s.clock.now(), time.Hour))
		equal(t, "mute of a teacher", s.put(t, class, ben, storage.Teacher).MutedUntil, events.Time(0))
		s.post(t, ben, class, "my class")
	})

	t.Run("leaving and coming back doesn't end it", func(t *testing.T) {
		class := s.class(t)
		code := s.joinCode(t, class)
		until := later(s.clock.now(), time.Hour)
		again := func() storage.Member {
			t.Helper()
			wantError(t, s.RemoveMember(t.Context(), ben, class, "ben", storage.AnyVersion), nil)
			head := s.head(t, class)
			m, joined, err := s.JoinClass(t.Context(), ben, class, storage.JoinDraft{Code: code.Code})
			wantError(t, err, nil)
			equal(t, "joined", joined, true)
			s.wantEvents(t, class, head, event{events.MemberJoined, "ben", m})
			return m
		}
		equal(t, "mute of who was never muted", again().MutedUntil, events.Time(0))
		s.mute(t, anna, class, "ben", until)
		equal(t, "mute", again().MutedUntil, until)
		s.wantMuted(t, ben, class, until)
		equal(t, "mute after leaving twice", again().MutedUntil, until)
		wantError(t, s.RemoveMember(t.Context(), anna, class, "ben", storage.AnyVersion), nil)
		equal(t, "mute of who was added again", s.put(t, class, ben, storage.Student).MutedUntil, until)
		wantError(t, s.UnmuteMember(t.Context(), anna, class, "ben", storage.AnyVersion), nil)
		equal(t, "mute of who was unmuted", again().MutedUntil, events.Time(0))
		s.mute(t, anna, class, "ben", until)
		wantError(t, s.RemoveMember(t.Context(), anna, class, "ben", storage.AnyVersion), nil)
		s.clock.pass(time.Hour)
		equal(t, "mute that is over", s.put(t, class, ben, storage.Student).MutedUntil, events.Time(0))
		s.post(t, ben, class, "here again")
	})

	t.Run("what was posted before is answered again", func(t *testing.T) {
		class := s.class(t)
		m := s.postUnder(t, ben, class, "k", "before")
		s.mute(t, anna, class, "ben", later(s.clock.now(), time.Hour))
		_, err := s.CreateMessage(t.Context(), ben, class, under("k", "before"))
		wantRepeat(t, err, m.ID, 1, m)
	})
}

// mute mutes a member.
func (s *school) mute(t *testing.T, p storage.Principal, class, user string, until events.Time) storage.Member {
	t.Helper()
	m, err := s.MuteMember(t.Context(), p, class, user, until, storage.AnyVersion)
	if err != nil {
		t.Fatalf("mute %s: %v", user, err)
	}
	return m
}

// member reads a member.
func (s *school) member(t *testing.T, class, user string) storage.Member {
	t.Helper()
	m, err := s.Member(t.Context(), root, class, user)
	if err != nil {
		t.Fatalf("read member %s: %v", user, err)
	}
	return m
}

// wantMuted checks that one can't post because of a mute.
func (s *school) wantMuted(t *testing.T, p storage.Principal, class string, until events.Time) {
	t.Helper()
	_, err := s.CreateMessage(t.Context(), p, class, storage.MessageDraft{Text: "but"})
	wantMutedError(t, err, until)
}

func wantMutedError(t *testing.T, err error, until events.Time) {
	t.Helper()
	muted, ok := errors.AsType[*storage.MutedError](err)
	if !ok || muted.Until != until {
		t.Errorf("error %v, want muted until %s", err, until)
	}
}
