package storagetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"homeroom/events"
	"homeroom/storage"
	"homeroom/storage/spam"
)

// testHeld is what becomes of messages that were held back.
func testHeld(t *testing.T, fresh Fresh) {
	s, _ := newGuarded(t, fresh)
	s.tape.mayTrim()

	t.Run("a teacher releases one, and its author's pause is over", func(t *testing.T) {
		class := s.class(t)
		question := s.post(t, anna, class, "question")
		text := sixLinks + " @dora"
		_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: text, ParentID: &question.ID})
		wantHeldError(t, err, spam.DefaultPause, storage.HeldLinks, true)
		held := s.held(t, class)[0]
		equal(t, "parent", held.ParentID, &question.ID)
		s.clock.pass(time.Second)
		head, dora, annas := s.head(t, class), s.inboxHead(t, "dora"), s.inboxHead(t, "anna")
		m, err := s.ReleaseMessage(t.Context(), anna, class, held.ID, storage.Attempt{})
		wantError(t, err, nil)
		equal(t, "message", m, storage.Message{
			ID: m.ID, Class: class, Seq: head + 1, Author: "ben", Text: &text, ParentID: &question.ID, Version: 1, CreatedAt: s.clock.now(), Mentions: []string{"dora"},
		})
		question = s.message(t, class, question.ID)
		equal(t, "replies", question.ReplyCount, int64(1))
		s.wantEvents(t, class, head, event{events.MessageCreated, "anna", m}, event{events.MessageUpdated, "anna", question})
		for user, told := range map[string]int64{"dora": dora, "anna": annas} { // of ben, not of who let it through
			kind := map[string]events.Type{"dora": events.MessageMention, "anna": events.MessageReply}[user]
			evs := s.logged(t, events.UserChannel(user), told)
			if len(evs) != 1 || evs[0].Actor != "ben" {
				t.Errorf("told to %s: %s", user, show(evs))
			}
			s.wantInbox(t, user, told, events.Notification{Kind: kind, Class: class, Seq: head + 1, Subject: m.ID, Text: text})
		}
		equal(t, "held", len(s.held(t, class)), 0)
		s.post(t, ben, class, "thank you")
		s.wantHeld(t, class, sixLinks, spam.DefaultPause, storage.HeldLinks, sixLinks) // the first again
		_, err = s.ReleaseMessage(t.Context(), anna, class, held.ID, storage.Attempt{})
		wantError(t, err, storage.ErrNotFound)
		s.forgive(t, class)
	})

	t.Run("a repeated release is carried out once", func(t *testing.T) {
		class := s.class(t)
		s.wantHeld(t, class, sixLinks, spam.DefaultPause, storage.HeldLinks, sixLinks)
		held := s.held(t, class)[0]
		attempt := storage.Attempt{Path: "/messages", Key: "r", Fingerprint: "of a release"}
		m, err := s.ReleaseMessage(t.Context(), root, class, held.ID, attempt)
		wantError(t, err, nil)
		equal(t, "keys", s.clientKeys(t, class)[m.Seq-1], "r")
		_, err = s.ReleaseMessage(t.Context(), root, class, held.ID, attempt)
		wantRepeat(t, err, m.ID, 1, m)
		attempt.Fingerprint = "of another"
		_, err = s.ReleaseMessage(t.Context(), root, class, held.ID, attempt)
		wantError(t, err, storage.ErrKeyReused)
		equal(t, "messages", s.all(t, class), []storage.Message{m})
	})

	t.Run("one that is dismissed is gone, and the pause goes on", func(t *testing.T) {
		class, other := s.class(t), s.class(t)
		s.wantHeld(t, class, sixLinks, spam.DefaultPause, storage.HeldLinks, sixLinks)
		held := s.held(t, class)[0]
		wantError(t, s.DismissMessage(t.Context(), anna, other, held.ID), storage.ErrNotFound)
		_, err := s.ReleaseMessage(t.Context(), anna, other, held.ID, storage.Attempt{})
		wantError(t, err, storage.ErrNotFound)
		head := s.head(t, class)
		word := storage.NotificationFilter{Class: class, Kind: events.MessageHeld}
		s.put(t, class, gwen, storage.Teacher)
		s.wantListed(t, anna, word, "message.held "+sixLinks)
		s.wantListed(t, gwen, word)
		s.wantListed(t, clio, word)
		head++ // gwen is in
		wantError(t, s.DismissMessage(t.Context(), anna, class, held.ID), nil)
		s.wantListed(t, anna, word)
		wantError(t, s.DismissMessage(t.Context(), anna, class, held.ID), storage.ErrNotFound)
		s.wantEvents(t, class, head)
		equal(t, "held", len(s.held(t, class)), 0)
		s.wantPaused(t, class, spam.DefaultPause)
		s.clock.pass(spam.DefaultPause + spam.DefaultForget)
	})

	t.Run("what can't be posted any more stays", func(t *testing.T) {
		class := s.class(t)
		question := s.post(t, anna, class, "question")
		_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: sixLinks, ParentID: &question.ID})
		wantHeldError(t, err, spam.DefaultPause, storage.HeldLinks, true)
		held := s.held(t, class)[0]
		release := func(want error) {
			t.Helper()
			head := s.head(t, class)
			_, err := s.ReleaseMessage(t.Context(), anna, class, held.ID, storage.Attempt{})
			wantError(t, err, want)
			s.wantEvents(t, class, head)
			equal(t, "held", s.held(t, class), []storage.HeldMessage{held})
		}
		wantError(t, s.RemoveMember(t.Context(), anna, class, "ben", storage.AnyVersion), nil)
		release(storage.ErrAuthorGone)
		s.put(t, class, ben, storage.Student)
		s.archive(t, class, true)
		release(storage.ErrClassArchived)
		s.archive(t, class, false)
		wantError(t, s.DeleteMessage(t.Context(), anna, class, question.ID, storage.AnyVersion), nil)
		release(storage.ErrParentDeleted)
		s.wantPaused(t, class, spam.DefaultPause)
		s.archive(t, class, true)
		wantError(t, s.DismissMessage(t.Context(), anna, class, held.ID), nil)
		s.clock.pass(spam.DefaultPause + spam.DefaultForget)
	})

	t.Run("teachers and admins see them, and nobody else", func(t *testing.T) {
		class := s.class(t)
		s.wantHeld(t, class, sixLinks, spam.DefaultPause, storage.HeldLinks, sixLinks)
		held := s.held(t, class)[0]
		for _, p := range []storage.Principal{clio, ben, dora, eve} {
			want := storage.ErrForbidden
			if p == eve {
				want = storage.ErrNotFound
			}
			_, err := s.HeldMessages(t.Context(), p, class, storage.Page{Limit: 1})
			wantError(t, err, want)
			wantError(t, s.DismissMessage(t.Context(), p, class, held.ID), want)
			_, err = s.ReleaseMessage(t.Context(), p, class, held.ID, storage.Attempt{})
			wantError(t, err, want)
		}
		list, err := s.HeldMessages(t.Context(), root, class, storage.Page{Limit: 1})
		wantError(t, err, nil)
		equal(t, "held", list.Items, []storage.HeldMessage{held})
		equal(t, "cursor", list.At.Class, s.head(t, class))
		s.forgive(t, class)
	})

	t.Run("of a class the newest are kept, for some days", func(t *testing.T) {
		class, other := s.class(t), s.class(t)
		hold := func(class string, n int) (ids []string) {
			s.tx(t, func(tx storage.Tx) {
				for range n {
					m := storage.HeldMessage{ID: newID(t), Class: class, Author: "ben", Text: "spam", Reason: storage.HeldLinks, HeldAt: s.clock.now()}
					check(t, tx.InsertHeld(t.Context(), &m))
					ids = append(ids, m.ID)
				}
			})
			return ids
		}
		kept := hold(other, 2)
		ids := hold(class, storage.MaxHeld+3)
		s.wantHeldIn(t, class, ids)
		s.clock.pass(time.Hour)
		_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: sixLinks})
		wantHeldError(t, err, spam.DefaultPause, storage.HeldLinks, true)
		newest := s.held(t, class)[0]
		equal(t, "newest", newest.Text, sixLinks)
		s.wantHeldIn(t, class, append(ids[4:], newest.ID))
		s.wantHeldIn(t, other, kept)

		s.clock.pass(storage.DefaultRetainHeld - time.Hour)
		s.trim(t)
		s.wantHeldIn(t, other, kept)
		s.clock.pass(time.Millisecond)
		s.trim(t)
		s.wantHeldIn(t, other, nil)
		s.wantHeldIn(t, class, []string{newest.ID})

		hold(other, 3)
		for _, id := range []string{class, other} {
			wantError(t, s.DeleteClass(t.Context(), anna, id, storage.AnyVersion), nil)
		}
		s.clock.pass(2 * time.Hour)
		s.trim(t)
		wantError(t, s.driver.View(t.Context(), func(r storage.Reader) error {
			left, err := r.HeldMessages(t.Context(), other, "~", 1)
			equal(t, "held of a class that was purged", len(left), 0)
			return err
		}), nil)
	})

	t.Run("of two who release one, one does", func(t *testing.T) {
		class := s.class(t)
		s.put(t, class, gwen, storage.Teacher)
		for range 5 {
			s.clock.pass(spam.DefaultPause + spam.DefaultForget)
			s.wantHeld(t, class, sixLinks, spam.DefaultPause, storage.HeldLinks, sixLinks)
			id := s.held(t, class)[0].ID
			done := make(chan error, 2)
			for _, p := range []storage.Principal{anna, gwen} {
				go func() {
					_, err := s.ReleaseMessage(context.WithoutCancel(t.Context()), p, class, id, storage.Attempt{})
					done <- err
				}()
			}
			first, second := <-done, <-done
			if (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), storage.ErrNotFound) {
				t.Errorf("errors %v and %v", first, second)
			}
		}
		equal(t, "messages", len(s.all(t, class)), 5)
	})
}

// wantHeldIn checks which messages of a class are held, given oldest first.
func (s *school) wantHeldIn(t *testing.T, class string, want []string) {
	t.Helper()
	held := s.held(t, class)
	got := make([]string, len(held))
	for i, m := range held {
		got[len(held)-1-i] = m.ID
	}
	equal(t, "held", fmt.Sprint(got), fmt.Sprint(want))
}

// forgive has anna release all that is held.
func (s *school) forgive(t *testing.T, class string) {
	t.Helper()
	for _, m := range s.held(t, class) {
		_, err := s.ReleaseMessage(t.Context(), anna, class, m.ID, storage.Attempt{})
		wantError(t, err, nil)
	}
}

func (s *school) trim(t *testing.T) {
	t.Helper()
	_, err := s.Trim(t.Context(), storage.Retention{Age: 1000 * time.Hour, Count: 100_000})
	wantError(t, err, nil)
}

// newID is an id after all that were made before.
func newID(t *testing.T) string {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}
