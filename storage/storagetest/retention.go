package storagetest

import (
	"fmt"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

// testRetention is what is trimmed of the log, and purged of deleted classes.
func testRetention(t *testing.T, fresh Fresh) {
	driver, err := fresh(t)(t.Context())
	wantError(t, err, nil)
	s := newSchoolOn(t, driver)
	s.tape.mayTrim()
	const long = 1000 * time.Hour

	extent := func(t *testing.T, class string) events.Extent {
		t.Helper()
		channel := events.ClassChannel(class)
		heads, err := s.Heads(t.Context(), []events.Channel{channel})
		wantError(t, err, nil)
		return heads.Extents[channel]
	}

	t.Run("by count, in batches, leaving the messages", func(t *testing.T) {
		class := s.class(t)
		for range 500 {
			s.post(t, ben, class, "one of many")
		}
		head := extent(t, class).Head
		_, err := s.Trim(t.Context(), storage.Retention{Age: long, Count: 10})
		wantError(t, err, nil)
		equal(t, "extent", extent(t, class), events.Extent{Head: head, Trimmed: head - 10})
		evs, err := s.Read(t.Context(), events.ClassChannel(class), 0, 100)
		wantError(t, err, nil)
		equal(t, "events left", len(evs), 10)
		equal(t, "oldest left", evs[0].Seq, head-9)
		list, err := s.Messages(t.Context(), ben, class, storage.Page{Limit: 1}, storage.OldestFirst)
		wantError(t, err, nil)
		equal(t, "oldest message", list.Items[0].Seq, int64(5))

		n, err := s.Trim(t.Context(), storage.Retention{Age: long, Count: 10})
		wantError(t, err, nil)
		equal(t, "deleted the second time", n, 0)
		s.post(t, ben, class, "and on")
		equal(t, "head after another post", extent(t, class).Head, head+1)
	})

	t.Run("by age", func(t *testing.T) {
		class := s.class(t)
		s.post(t, ben, class, "old, in a moment")
		head := extent(t, class).Head
		_, err := s.Trim(t.Context(), storage.Retention{Age: -time.Hour, Count: 1000})
		wantError(t, err, nil)
		equal(t, "extent", extent(t, class), events.Extent{Head: head, Trimmed: head})
	})

	t.Run("while others write", func(t *testing.T) {
		class := s.class(t)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 300 {
				if _, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "more"}); err != nil {
					t.Error(err)
				}
			}
		}()
		for trimming := true; trimming; {
			select {
			case <-done:
				trimming = false
			default:
			}
			_, err := s.Trim(t.Context(), storage.Retention{Age: long, Count: 7})
			wantError(t, err, nil)
		}
		at := extent(t, class)
		evs, err := s.Read(t.Context(), events.ClassChannel(class), at.Trimmed, 1000)
		wantError(t, err, nil)
		for i, e := range evs {
			equal(t, "seq", e.Seq, at.Trimmed+1+int64(i))
		}
		equal(t, "events", int64(len(evs)), at.Head-at.Trimmed)
	})

	t.Run("a deleted class stays for those who have yet to hear of it", func(t *testing.T) {
		class := s.class(t)
		s.post(t, ben, class, "gone")
		wantError(t, s.DeleteClass(t.Context(), anna, class, storage.AnyVersion), nil)
		_, err := s.Trim(t.Context(), storage.Retention{Age: long, Count: 1000})
		wantError(t, err, nil)
		evs, err := s.Read(t.Context(), events.ClassChannel(class), 0, 100)
		wantError(t, err, nil)
		equal(t, "last event", evs[len(evs)-1].Type, events.ClassDeleted)
	})

	t.Run("and then goes without a trace, in batches", func(t *testing.T) {
		kept, class := s.class(t), s.class(t)
		for range 10 {
			s.post(t, ben, class, "gone")
			s.post(t, ben, kept, "kept")
		}
		edited := s.post(t, ben, class, "gone too")
		for i := range 20 { // more former texts than go at once
			s.edit(t, edited, fmt.Sprint("gone too, ", i))
		}
		keptOne := s.post(t, ben, kept, "kept too")
		s.edit(t, keptOne, "kept, too")
		for _, class := range []string{kept, class} {
			s.joinCode(t, class)
			for _, p := range []storage.Principal{anna, ben} {
				s.acknowledge(t, p, class, 2, 2)
				at := events.Cursor{Epoch: "epoch1", Class: 2, Tag: events.ClassTag(class)}
				wantError(t, s.PutPosition(t.Context(), p, class, at), nil)
			}
			s.enter(t, events.Entries{Sessions: []events.Session{{Class: class, User: "ben", Since: 1}, {Class: class, User: "ben", Since: 2}}})
		}
		wantError(t, s.DeleteClass(t.Context(), anna, class, storage.AnyVersion), nil)
		doomed := func() (found string) {
			wantError(t, driver.View(t.Context(), func(r storage.Reader) (err error) {
				found, err = r.Doomed(t.Context(), events.Now()+1)
				return err
			}), nil)
			return found
		}
		for doomed() != "" {
			const limit = 7
			tx, _, err := driver.Begin(t.Context(), storage.Needs{})
			wantError(t, err, nil)
			n, err := tx.Purge(t.Context(), doomed(), limit)
			wantError(t, err, nil)
			if n < 1 || n > limit {
				t.Fatalf("%d rows deleted", n)
			}
			wantError(t, tx.Commit(t.Context(), nil, nil), nil)
		}
		left := func(class, message string) (left []bool) {
			wantError(t, driver.View(t.Context(), func(r storage.Reader) error {
				texts, err := r.FormerTexts(t.Context(), message, 0, 1)
				check(t, err)
				code, err := r.JoinCode(t.Context(), class)
				check(t, err)
				seen, err := r.Seen(t.Context(), class, "ben")
				check(t, err)
				position, err := r.Position(t.Context(), class, "ben")
				check(t, err)
				sessions, err := r.Sessions(t.Context(), class, "", "ben", storage.Span{To: 9})
				check(t, err)
				left = []bool{len(texts) > 0, code != nil, seen.Read > 0, position != nil, len(sessions) > 0}
				return nil
			}), nil)
			return left
		}
		equal(t, "texts, code, receipt, position and sessions", left(class, edited.ID), []bool{false, false, false, false, false})
		equal(t, "those of another class", left(kept, keptOne.ID), []bool{true, true, true, true, true})
		equal(t, "extent", extent(t, class), events.Extent{})
		evs, err := s.Read(t.Context(), events.ClassChannel(class), 0, 100)
		wantError(t, err, nil)
		equal(t, "events left", len(evs), 0)
		list, err := s.Messages(t.Context(), ben, kept, storage.Page{Limit: 100}, storage.OldestFirst)
		wantError(t, err, nil)
		equal(t, "messages of another class", len(list.Items), 11)
	})
}
