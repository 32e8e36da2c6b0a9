package storagetest

import (
	"errors"
	"testing"
	"time"

	"homeroom/storage"
)

func testSlowMode(t *testing.T, fresh Fresh) {
	s, stage := newStaged(t, fresh(t))
	s.clock.pass(0)

	t.Run("a student waits between two messages", func(t *testing.T) {
		class := s.class(t)
		changed := s.slowDown(t, class, 10)
		equal(t, "slow mode", []int64{changed.SlowMode, changed.Version}, []int64{10, 2})
		first := s.post(t, ben, class, "one")
		head := s.head(t, class)
		s.wantSlow(t, ben, class, 10*time.Second)
		s.post(t, dora, class, "I may: each waits alone")
		_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "two", ParentID: &first.ID})
		wantSlowError(t, err, 10*time.Second)
		s.clock.pass(9 * time.Second)
		s.wantSlow(t, ben, class, time.Second)
		s.clock.pass(time.Second - time.Millisecond)
		s.wantSlow(t, ben, class, time.Millisecond)
		s.clock.pass(time.Millisecond)
		s.post(t, ben, class, "two")
		s.wantSlow(t, ben, class, 10*time.Second)
		equal(t, "messages: dora's and ben's", len(s.history(t, class, head)), 2)
		s.post(t, ben, s.class(t), "another class")
	})

	t.Run("teachers, assistants and admins don't", func(t *testing.T) {
		class := s.class(t)
		s.slowDown(t, class, storage.MaxSlowMode)
		s.put(t, class, root, storage.Student)
		for _, p := range []storage.Principal{anna, clio, root} {
			s.post(t, p, class, "one")
			s.post(t, p, class, "two")
		}
	})

	t.Run("a reply counts, and so does what was deleted or came before", func(t *testing.T) {
		class := s.class(t)
		question := s.post(t, anna, class, "question")
		s.clock.pass(time.Hour)
		m, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "answer", ParentID: &question.ID})
		wantError(t, err, nil)
		s.slowDown(t, class, 10)
		s.wantSlow(t, ben, class, 10*time.Second)
		wantError(t, s.DeleteMessage(t.Context(), ben, class, m.ID, storage.AnyVersion), nil)
		s.wantSlow(t, ben, class, 10*time.Second)
		wantError(t, s.RemoveMember(t.Context(), ben, class, "ben", storage.AnyVersion), nil)
		s.put(t, class, ben, storage.Student)
		s.wantSlow(t, ben, class, 10*time.Second)
	})

	t.Run("edits don't", func(t *testing.T) {
		class := s.class(t)
		s.slowDown(t, class, 10)
		m := s.post(t, ben, class, "one")
		s.clock.pass(9 * time.Second)
		_, err := s.EditMessage(t.Context(), ben, class, m.ID, "One.", storage.AnyVersion)
		wantError(t, err, nil)
		s.clock.pass(time.Second)
		s.post(t, ben, class, "two")
	})

	t.Run("of messages that are written together one comes too soon", func(t *testing.T) {
		class := s.class(t)
		s.slowDown(t, class, 10)
		entered, release := stage.holdNext()
		ahead := s.postLater(t.Context(), class, "ahead")
		<-entered
		outcomes := []<-chan posted{ahead, s.postLater(t.Context(), class, "behind"), s.postLater(t.Context(), class, "behind")}
		release()
		refused := 0
		for _, outcome := range outcomes {
			if _, slow := errors.AsType[*storage.SlowModeError]((<-outcome).err); slow {
				refused++
			}
		}
		equal(t, "refused", refused, 2)
		equal(t, "messages", len(s.all(t, class)), 1)
	})

	t.Run("a repetition is no message", func(t *testing.T) {
		class := s.class(t)
		s.slowDown(t, class, 10)
		m := s.postUnder(t, ben, class, "k", "once")
		_, err := s.CreateMessage(t.Context(), ben, class, under("k", "once"))
		wantRepeat(t, err, m.ID, 1, m)
		_, err = s.CreateMessage(t.Context(), ben, class, under("l", "twice"))
		wantSlowError(t, err, 10*time.Second)
		s.clock.pass(10 * time.Second)
		s.postUnder(t, ben, class, "l", "twice") // what was refused is not kept
	})

	t.Run("it is over at once", func(t *testing.T) {
		class := s.class(t)
		s.slowDown(t, class, storage.MaxSlowMode)
		s.post(t, ben, class, "one")
		s.wantSlow(t, ben, class, time.Hour)
		s.slowDown(t, class, 2)
		s.wantSlow(t, ben, class, 2*time.Second)
		s.slowDown(t, class, 0)
		s.post(t, ben, class, "two")
	})

	t.Run("who is before it in line is told first", func(t *testing.T) {
		class := s.class(t)
		s.slowDown(t, class, 10)
		s.post(t, ben, class, "one")
		until := later(s.clock.now(), time.Hour)
		s.mute(t, anna, class, "ben", until)
		s.wantMuted(t, ben, class, until)
		s.lock(t, class, true)
		_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "two"})
		wantError(t, err, storage.ErrClassLocked)
		s.archive(t, class, true)
		_, err = s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "two"})
		wantError(t, err, storage.ErrClassArchived)
	})
}

// slowDown sets a class of anna's slow mode.
func (s *school) slowDown(t *testing.T, class string, seconds int64) storage.Class {
	t.Helper()
	changed, err := s.UpdateClass(t.Context(), anna, class, storage.ClassChange{SlowMode: &seconds}, storage.AnyVersion)
	if err != nil {
		t.Fatalf("slow down: %v", err)
	}
	return changed
}

// wantSlow checks that one has to wait before the next message.
func (s *school) wantSlow(t *testing.T, p storage.Principal, class string, wait time.Duration) {
	t.Helper()
	_, err := s.CreateMessage(t.Context(), p, class, storage.MessageDraft{Text: "and another"})
	wantSlowError(t, err, wait)
}

func wantSlowError(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	slow, ok := errors.AsType[*storage.SlowModeError](err)
	if !ok || slow.Wait != wait {
		t.Errorf("error %v, want a wait of %s", err, wait)
	}
}
