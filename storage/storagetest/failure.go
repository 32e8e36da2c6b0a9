package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

func testFailures(t *testing.T, fresh Fresh) {
	t.Run("a refused write doesn't fail its neighbours", func(t *testing.T) {
		s, stage := newStaged(t, fresh(t))
		class := s.class(t)
		m := s.post(t, ben, class, "first")
		until(t, func() (together bool) {
			stage.onCommit(func(n int, commit func() error) error {
				together = together || n > 1
				return commit()
			})
			stale := make(chan error, 1)
			errs := s.atOnce(t, stage, class, func() {
				_, err := s.EditMessage(t.Context(), ben, class, m.ID, "changed", 7)
				stale <- err
			})
			wantStale(t, <-stale, m)
			equal(t, "errors of the others", errs, make([]error, len(errs)))
			return together
		})
		s.wantTexts(t, class)
	})

	t.Run("a write that the database refuses doesn't fail its neighbours", func(t *testing.T) {
		s, stage := newStaged(t, fresh(t))
		class := s.class(t)
		taken := s.post(t, ben, class, "first").ID
		until(t, func() (together bool) {
			stage.onInsert(func(m *storage.Message, before int) *storage.Message {
				if *m.Text != "poison" {
					return m
				}
				together = together || before > 0
				poisoned := *m
				poisoned.ID = taken // which is unique
				return &poisoned
			})
			refused := make(chan error, 1)
			errs := s.atOnce(t, stage, class, func() {
				_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "poison"})
				refused <- err
			})
			if err := <-refused; err == nil || errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("the poisoned write's error is %v", err)
			}
			equal(t, "errors of the others", errs, make([]error, len(errs)))
			return together
		})
		s.wantTexts(t, class)
	})

	t.Run("a database that is away fails writes, and no longer than it is", func(t *testing.T) {
		s, stage := newStaged(t, fresh(t))
		class := s.class(t)
		first := s.post(t, ben, class, "first")
		away := fmt.Errorf("%w: gone fishing", storage.ErrUnavailable)
		stage.onBegin(func() error { return away })
		_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "lost"})
		wantError(t, err, storage.ErrUnavailable)
		stage.onBegin(nil)
		stage.onCommit(func(int, func() error) error { return away })
		_, err = s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "lost"})
		wantError(t, err, storage.ErrUnavailable)
		stage.onCommit(nil)
		second := s.post(t, ben, class, "second")
		equal(t, "messages", s.all(t, class), []storage.Message{first, second})
		s.wantEvents(t, class, first.Seq, event{events.MessageCreated, "ben", second})
	})

	t.Run("a commit whose outcome was lost is not repeated", func(t *testing.T) {
		s, stage := newStaged(t, fresh(t))
		s.tape.mayMiss()
		class := s.class(t)
		head := s.head(t, class)
		stage.onCommit(func(_ int, commit func() error) error {
			return errors.Join(commit(), storage.ErrUnavailable) // the answer got lost
		})
		_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "perhaps"})
		wantError(t, err, storage.ErrUnavailable)
		stage.onCommit(nil)
		next := s.post(t, ben, class, "next")
		messages := s.all(t, class)
		if len(messages) != 2 || *messages[0].Text != "perhaps" || messages[1].Seq != next.Seq {
			t.Fatalf("messages %s", show(messages))
		}
		equal(t, "next seq", next.Seq, head+2)
		logged := s.history(t, class, head)
		equal(t, "event", string(logged[0].Data), show(messages[0]))
	})
}

// atOnce holds the committer up while some post, among them one that does something else, so that all of it is
// likely to be carried out in one transaction. It returns the posts' errors.
func (s *school) atOnce(t *testing.T, stage *stage, class string, other func()) []error {
	t.Helper()
	entered, release := stage.holdNext()
	defer release()
	ahead := s.postLater(t.Context(), class, "ahead")
	<-entered
	const before, after = 6, 3
	errs := make([]error, before+after)
	var started, done sync.WaitGroup
	post := func(i int) {
		started.Add(1)
		done.Go(func() {
			started.Done()
			_, errs[i] = s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "neighbour"})
		})
	}
	for i := range before {
		post(i)
	}
	started.Wait()
	started.Add(1)
	done.Go(func() { started.Done(); other() })
	for i := range after {
		post(before + i)
	}
	started.Wait()
	release()
	done.Wait()
	stage.onBegin(nil)
	return append(errs, (<-ahead).err)
}

// until repeats a round until it has met what it is there for.
func until(t *testing.T, round func() bool) {
	t.Helper()
	for range 100 {
		if round() {
			return
		}
	}
	t.Error("the writes were never carried out together")
}

// wantTexts checks that a class has only what its events say, and nothing poisoned.
func (s *school) wantTexts(t *testing.T, class string) {
	t.Helper()
	messages := s.all(t, class)
	var posts []events.Event
	for _, e := range s.history(t, class, 0) {
		if e.Type == events.MessageCreated {
			posts = append(posts, e)
		}
	}
	if len(posts) != len(messages) {
		t.Fatalf("%d messages and %d events", len(messages), len(posts))
	}
	for i, m := range messages {
		equal(t, "event", string(posts[i].Data), show(m))
		if !slices.Contains([]string{"first", "ahead", "neighbour"}, *m.Text) {
			t.Errorf("%q is there", *m.Text)
		}
	}
}
