package storagetest

import (
	"fmt"
	"sync"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

func testClosing(t *testing.T, fresh Fresh) {
	t.Run("what is there is there after opening again", func(t *testing.T) {
		open := fresh(t)
		s := newSchool(t, open)
		class := s.class(t)
		m := s.post(t, ben, class, "kept")
		gone := s.post(t, ben, class, "not kept")
		wantError(t, s.DeleteMessage(t.Context(), ben, class, gone.ID, storage.AnyVersion), nil)
		wantError(t, s.DeleteClass(t.Context(), anna, s.class(t), storage.AnyVersion), nil)
		before, logged := s.look(t, class), s.history(t, class, 0)
		heads, err := s.Heads(t.Context(), []events.Channel{events.ClassChannel(class)})
		wantError(t, err, nil)
		wantError(t, s.Close(), nil)

		s = newSchool(t, open)
		equal(t, "class", s.look(t, class), before)
		equal(t, "log", s.history(t, class, 0), logged)
		again, err := s.Heads(t.Context(), []events.Channel{events.ClassChannel(class)})
		wantError(t, err, nil)
		equal(t, "heads", again, heads)
		list, err := s.Classes(t.Context(), ben, storage.Page{Limit: 10})
		wantError(t, err, nil)
		equal(t, "classes", len(list.Items), 1)
		equal(t, "message", s.message(t, class, m.ID), m)
		equal(t, "next seq", s.post(t, ben, class, "next").Seq, int64(len(logged))+1)
	})

	t.Run("closing finishes what was accepted", func(t *testing.T) {
		open := fresh(t)
		s, stage := newStaged(t, open)
		class := s.class(t)
		entered, release := stage.holdNext()
		defer release()
		first := s.postLater(t.Context(), class, "first")
		<-entered
		var others []<-chan posted
		for i := range 20 {
			others = append(others, s.postLater(t.Context(), class, fmt.Sprint(i)))
		}
		closed := make(chan error, 1)
		go func() { closed <- s.Close() }()
		release()
		m := <-first
		wantError(t, m.err, nil)
		want := map[string]bool{"first": true}
		for _, other := range others {
			m := <-other
			check(t, m.err, storage.ErrClosed)
			if m.err == nil {
				want[*m.Text] = true
			}
		}
		wantError(t, <-closed, nil)

		got := map[string]bool{}
		for _, m := range newSchool(t, open).all(t, class) {
			got[*m.Text] = true
		}
		equal(t, "messages", got, want)
	})

	t.Run("a closed store says so", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		class := s.class(t)
		var closing sync.WaitGroup
		for range 3 {
			closing.Go(func() { check(t, s.Close()) })
		}
		closing.Wait()
		_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "hello?"})
		wantError(t, err, storage.ErrClosed)
		_, err = s.Messages(t.Context(), ben, class, storage.Page{Limit: 5}, storage.NewestFirst)
		wantError(t, err, storage.ErrClosed)
		_, err = s.Load(t.Context(), class, 5)
		wantError(t, err, storage.ErrClosed)
		_, err = s.Heads(t.Context(), nil)
		wantError(t, err, storage.ErrClosed)
		_, err = s.Read(t.Context(), events.ClassChannel(class), 0, 5)
		wantError(t, err, storage.ErrClosed)
		_, err = s.RotateEpoch(t.Context())
		wantError(t, err, storage.ErrClosed)
		wantError(t, s.Ping(t.Context()), storage.ErrClosed)
	})
}
