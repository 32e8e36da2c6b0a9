package storagetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

func testCallers(t *testing.T, fresh Fresh) {
	t.Run("one who gives up in the queue has written nothing", func(t *testing.T) {
		s, stage := newStaged(t, fresh(t))
		class := s.class(t)
		entered, release := stage.holdNext()
		defer release()
		ahead := s.postLater(t.Context(), class, "ahead")
		<-entered
		ctx, giveUp := context.WithCancel(t.Context())
		behind := s.postLater(ctx, class, "behind")
		giveUp()
		wantError(t, (<-behind).err, context.Canceled)
		release()
		m := <-ahead
		wantError(t, m.err, nil)
		last := s.post(t, ben, class, "last")
		equal(t, "messages", s.all(t, class), []storage.Message{m.Message, last})
	})

	t.Run("one who gives up while it is carried out has written all or nothing", func(t *testing.T) {
		s, stage := newStaged(t, fresh(t))
		class := s.class(t)
		head := s.head(t, class)
		entered, release := stage.holdNext()
		defer release()
		ctx, giveUp := context.WithCancel(t.Context())
		post := s.postLater(ctx, class, "too late")
		<-entered
		giveUp()
		wantError(t, (<-post).err, context.Canceled) // at once: nobody has released it yet
		release()
		next := s.post(t, ben, class, "next")
		messages := s.all(t, class)
		if len(messages) != 2 || *messages[0].Text != "too late" {
			t.Fatalf("messages %s", show(messages))
		}
		s.wantEvents(t, class, head, event{events.MessageCreated, "ben", messages[0]}, event{events.MessageCreated, "ben", next})
	})

	t.Run("many who give up at any time leave no half of a write", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		class := s.class(t)
		head := s.head(t, class)
		var mu sync.Mutex
		var answered []storage.Message
		var writing sync.WaitGroup
		for w := range 16 {
			writing.Go(func() {
				for i := range 15 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(8000))*time.Microsecond)
					m, err := s.CreateMessage(ctx, ben, class, storage.MessageDraft{Text: fmt.Sprint(w, " ", i)})
					cancel()
					if err == nil {
						mu.Lock()
						answered = append(answered, m)
						mu.Unlock()
					} else {
						check(t, err, context.DeadlineExceeded)
					}
				}
			})
		}
		writing.Wait()
		s.post(t, ben, class, "the last") // after all that others left behind
		messages := s.all(t, class)
		logged := s.history(t, class, head)
		if len(logged) != len(messages) {
			t.Fatalf("%d messages and %d events", len(messages), len(logged))
		}
		texts := map[string]bool{}
		for i, m := range messages {
			if texts[*m.Text] {
				t.Errorf("%q is there twice", *m.Text)
			}
			texts[*m.Text] = true
			equal(t, "event", string(logged[i].Data), show(m))
		}
		for _, m := range answered {
			if !texts[*m.Text] {
				t.Errorf("%q was answered and is not there", *m.Text)
			}
		}
	})
}

// posted is the outcome of a post.
type posted struct {
	storage.Message
	err error
}

// postLater posts in the background.
func (s *school) postLater(ctx context.Context, class, text string) <-chan posted {
	outcome := make(chan posted, 1)
	go func() {
		m, err := s.CreateMessage(ctx, ben, class, storage.MessageDraft{Text: text})
		outcome <- posted{m, err}
	}()
	return outcome
}

// check is wantError for other goroutines, and for several errors that are all right beside none.
func check(t *testing.T, err error, right ...error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, r := range right {
		if errors.Is(err, r) {
			return
		}
	}
	t.Errorf("error %v", err)
}
