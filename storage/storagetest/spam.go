package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
	"homeroom/storage/spam"
)

// again is a text that ben repeats.
const again = "the very same text"

// newGuarded is a school that holds back spam by the default rules, and whose clock stands.
func newGuarded(t *testing.T, fresh Fresh) (*school, *stage) {
	t.Helper()
	s, stage := newStaged(t, fresh(t), storage.WithSpamRules(spam.Rules{}))
	s.clock.pass(0)
	return s, stage
}

// testSpam is what is held back, of whom, and for how long. What the rules are is the matter of package spam.
func testSpam(t *testing.T, fresh Fresh) {
	s, stage := newGuarded(t, fresh)
	calm := func() { s.clock.pass(spam.DefaultPauseMost + spam.DefaultForget) } // nothing counts any more

	t.Run("one repetition too many is held back, and its author paused everywhere", func(t *testing.T) {
		calm()
		class, other := s.class(t), s.class(t)
		s.exhaust(t, class)
		m := s.post(t, ben, class, "something else")
		head, told := s.head(t, class), s.inboxHead(t, "dora")
		s.wantHeld(t, class, "@dora "+again, 0, "", "")
		s.wantHeld(t, class, strings.ToUpper(again)+"!", spam.DefaultPause, storage.HeldRepeat, strings.ToUpper(again)+"!")
		s.wantPaused(t, class, spam.DefaultPause)
		s.clock.pass(time.Second)
		s.wantPaused(t, other, spam.DefaultPause-time.Second)
		_, err := s.EditMessage(t.Context(), ben, class, m.ID, "edited", storage.AnyVersion)
		wantPausedError(t, err, spam.DefaultPause-time.Second)
		equal(t, "events", s.head(t, class), head+1) // of the one that mentions dora
		equal(t, "told to dora", s.inboxHead(t, "dora"), told+1)
		s.post(t, dora, class, again)
		wantError(t, s.DeleteMessage(t.Context(), ben, class, m.ID, storage.AnyVersion), nil)
		s.clock.pass(spam.DefaultPause - time.Second)
		s.exhaust(t, class)
		s.wantHeld(t, class, again, spam.DefaultPauseFactor*spam.DefaultPause, storage.HeldRepeat, again)
		equal(t, "held", len(s.held(t, class)), 2)
	})

	t.Run("teachers, assistants and admins may", func(t *testing.T) {
		calm()
		class := s.class(t)
		s.put(t, class, root, storage.Student)
		for _, p := range []storage.Principal{anna, clio, root} {
			for range 2 * spam.DefaultRepeats {
				m := s.post(t, p, class, again)
				_, err := s.EditMessage(t.Context(), p, class, m.ID, sixLinks, storage.AnyVersion)
				wantError(t, err, nil)
			}
		}
		equal(t, "held", len(s.held(t, class)), 0)
	})

	t.Run("one who teaches elsewhere may there, also during a pause", func(t *testing.T) {
		calm()
		class, taught := s.class(t), s.class(t)
		s.put(t, taught, ben, storage.Teacher)
		for range 2 * spam.DefaultRepeats {
			s.post(t, ben, taught, again)
		}
		s.exhaust(t, class)
		s.wantHeld(t, class, again, spam.DefaultPause, storage.HeldRepeat, again)
		s.post(t, ben, taught, again)
	})

	t.Run("each rule has its reason", func(t *testing.T) {
		class := s.class(t)
		calm()
		s.wantHeld(t, class, sixLinks, spam.DefaultPause, storage.HeldLinks, sixLinks)
		calm()
		var classes []string
		for range spam.DefaultFloodClasses {
			classes = append(classes, s.class(t))
		}
		for i := range spam.DefaultFloodPosts {
			s.post(t, ben, classes[i%len(classes)], fmt.Sprint("message number ", i))
		}
		s.wantHeld(t, class, "and here too", spam.DefaultPause, storage.HeldFlood, "and here too")
		calm()
		for i := range spam.DefaultMentions {
			s.post(t, ben, class, fmt.Sprint("@dora ", i, ", and @nobody"))
		}
		s.post(t, ben, class, "and @nobody")
		s.wantHeld(t, class, "and @dora", spam.DefaultPause, storage.HeldMentions, "and @dora")
	})

	t.Run("an edit is judged by what it adds, and not kept", func(t *testing.T) {
		calm()
		class := s.class(t)
		m := s.post(t, ben, class, "see www.a.org")
		_, err := s.EditMessage(t.Context(), ben, class, m.ID, sixLinks, storage.AnyVersion)
		wantHeldError(t, err, spam.DefaultPause, storage.HeldLinks, false)
		equal(t, "message", s.message(t, class, m.ID), m)
		equal(t, "held", len(s.held(t, class)), 0)
		s.clock.pass(spam.DefaultPause)
		for i := range 2 * spam.DefaultMentions { // whom it mentioned before aren't told again
			_, err := s.EditMessage(t.Context(), ben, class, m.ID, fmt.Sprint("@dora ", i), storage.AnyVersion)
			wantError(t, err, nil)
		}
	})

	t.Run("a repetition of a call is none of the text", func(t *testing.T) {
		calm()
		class := s.class(t)
		m := s.postUnder(t, ben, class, "k", again)
		for range 2 * spam.DefaultRepeats {
			_, err := s.CreateMessage(t.Context(), ben, class, under("k", again))
			wantRepeat(t, err, m.ID, 1, m)
		}
		for i := range spam.DefaultRepeats - 1 {
			s.postUnder(t, ben, class, fmt.Sprint("k", i), again)
		}
		_, err := s.CreateMessage(t.Context(), ben, class, under("l", again))
		wantHeldError(t, err, spam.DefaultPause, storage.HeldRepeat, true)
		_, err = s.CreateMessage(t.Context(), ben, class, under("k", again))
		wantRepeat(t, err, m.ID, 1, m) // also during the pause
		s.clock.pass(spam.DefaultPause)
		s.postUnder(t, ben, class, "l", again) // what was refused is not kept
	})

	t.Run("of messages that are written together one is too many", func(t *testing.T) {
		calm()
		class := s.class(t)
		var passed, held, paused int
		for _, err := range s.together(t, stage, class, 7) {
			if h, ok := errors.AsType[*storage.HeldBackError](err); ok {
				wantHeldError(t, h, spam.DefaultPause, storage.HeldRepeat, true)
				held++
			} else if p, ok := errors.AsType[*storage.PausedError](err); ok {
				wantPausedError(t, p, spam.DefaultPause)
				paused++
			} else if err == nil {
				passed++
			}
		}
		equal(t, "passed, held and paused", []int{passed, held, paused}, []int{spam.DefaultRepeats, 1, 3})
		equal(t, "messages, with the one ahead", len(s.all(t, class)), spam.DefaultRepeats+1)
		equal(t, "held", len(s.held(t, class)), 1)
	})

	t.Run("what was not written doesn't count", func(t *testing.T) {
		calm()
		class := s.class(t)
		var tries int
		stage.onCommit(func(_ int, commit func() error) error {
			if tries++; tries == 1 {
				return errors.New("try again, each alone")
			}
			return commit()
		})
		equal(t, "errors", s.together(t, stage, class, spam.DefaultRepeats), make([]error, spam.DefaultRepeats))
		if tries < 2 {
			t.Error("nothing was tried again")
		}
		stage.onCommit(func(int, func() error) error { return storage.ErrUnavailable })
		for range spam.DefaultRepeats {
			_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: again})
			wantError(t, err, storage.ErrUnavailable) // and neither held nor paused
		}
		stage.onCommit(nil)
		s.post(t, ben, class, "nor is he paused now")
		s.wantHeld(t, class, again, spam.DefaultPause, storage.HeldRepeat, again)
	})

	t.Run("who is before it in line is told first", func(t *testing.T) {
		calm()
		class := s.class(t)
		s.exhaust(t, class)
		s.slowDown(t, class, 10)
		s.wantSlow(t, ben, class, 10*time.Second)
		s.slowDown(t, class, 0)
		s.wantHeld(t, class, again, spam.DefaultPause, storage.HeldRepeat, again)
		s.slowDown(t, class, 5)
		s.wantPaused(t, class, spam.DefaultPause)
		until := later(s.clock.now(), time.Hour)
		s.mute(t, anna, class, "ben", until)
		s.wantMuted(t, ben, class, until)
	})
}

// sixLinks is one link too many.
const sixLinks = "www.a.org www.b.org www.c.org www.d.org www.e.org www.f.org"

// exhaust has ben post a text as often as it passes.
func (s *school) exhaust(t *testing.T, class string) {
	t.Helper()
	for range spam.DefaultRepeats {
		s.post(t, ben, class, again)
	}
}

// together has ben post a text so many times in one transaction, and returns the errors.
func (s *school) together(t *testing.T, stage *stage, class string, n int) []error {
	t.Helper()
	entered, release := stage.holdNext()
	defer release()
	ahead := s.postLater(t.Context(), class, "ahead")
	<-entered
	var outcomes []<-chan posted
	for range n {
		outcomes = append(outcomes, s.postLater(t.Context(), class, again))
	}
	release()
	check(t, (<-ahead).err)
	errs := make([]error, n)
	for i, outcome := range outcomes {
		errs[i] = (<-outcome).err
	}
	return errs
}

// held are all messages of a class that were held back, the newest first.
func (s *school) held(t *testing.T, class string) []storage.HeldMessage {
	t.Helper()
	return pages(t, func(page storage.Page) (storage.List[storage.HeldMessage], error) {
		page.Limit = 7
		return s.HeldMessages(t.Context(), anna, class, page)
	})
}

// wantHeld has ben post, and checks that it is held back for so long, and what is kept; or with "" that it passes.
func (s *school) wantHeld(t *testing.T, class, text string, pause time.Duration, reason storage.HeldReason, kept string) {
	t.Helper()
	before, told := s.held(t, class), s.inboxHead(t, "anna")
	_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: text})
	if reason == "" {
		wantError(t, err, nil)
		return
	}
	wantHeldError(t, err, pause, reason, true)
	after := s.held(t, class)
	if len(after) != len(before)+1 {
		t.Fatalf("%d are held, before it were %d", len(after), len(before))
	}
	now := s.clock.now()
	want := storage.HeldMessage{
		ID: after[0].ID, Class: class, Author: "ben", Text: kept, Reason: reason, HeldAt: now, PausedUntil: later(now, pause),
	}
	equal(t, "held", after, slices.Insert(before, 0, want))
	s.wantInbox(t, "anna", told, events.Notification{
		Kind: events.MessageHeld, Class: class, Seq: s.head(t, class), Subject: after[0].ID, Text: kept,
	})
}

func wantHeldError(t *testing.T, err error, pause time.Duration, reason storage.HeldReason, kept bool) {
	t.Helper()
	held, ok := errors.AsType[*storage.HeldBackError](err)
	if want := (storage.HeldBackError{Reason: reason, Wait: pause, Kept: kept}); !ok || *held != want {
		t.Errorf("error %v, want %+v", err, want)
	}
}

// wantPaused checks that ben is paused for so long.
func (s *school) wantPaused(t *testing.T, class string, left time.Duration) {
	t.Helper()
	before := len(s.held(t, class))
	_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "may I?"})
	wantPausedError(t, err, left)
	equal(t, "held", len(s.held(t, class)), before)
}

func wantPausedError(t *testing.T, err error, left time.Duration) {
	t.Helper()
	paused, ok := errors.AsType[*storage.PausedError](err)
	if !ok || paused.Wait != left {
		t.Errorf("error %v, want a pause of %s", err, left)
	}
}
