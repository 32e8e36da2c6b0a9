package storagetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

// under is a draft of a message under a key.
func under(key, text string) storage.MessageDraft {
	return storage.MessageDraft{Text: text, Attempt: storage.Attempt{Path: "/messages", Key: key, Fingerprint: "of " + text}}
}

// wantRepeat checks that an error is a [*storage.RepeatError] with the first answer.
func wantRepeat(t *testing.T, err error, id string, version int64, object any) {
	t.Helper()
	repeated, ok := errors.AsType[*storage.RepeatError](err)
	if !ok {
		t.Errorf("error %v, want a repetition", err)
		return
	}
	first := repeated.First
	equal(t, "first answer", []any{first.ID, first.Version, string(first.Answer)}, []any{id, version, show(object)})
}

// postUnder posts under a key for the first time.
func (s *school) postUnder(t *testing.T, p storage.Principal, class, key, text string) storage.Message {
	t.Helper()
	m, err := s.CreateMessage(t.Context(), p, class, under(key, text))
	if err != nil {
		t.Fatalf("post: %v", err)
	}
	return m
}

func testAttempts(t *testing.T, fresh Fresh) {
	s, stage := newStaged(t, fresh(t))

	t.Run("a repetition gets the first answer and changes nothing", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		m := s.postUnder(t, ben, class, "k", "once")
		s.wantEvents(t, class, head, event{events.MessageCreated, "ben", m})
		head = s.head(t, class)
		for range 3 {
			_, err := s.CreateMessage(t.Context(), ben, class, under("k", "once"))
			wantRepeat(t, err, m.ID, 1, m)
		}
		s.wantEvents(t, class, head)

		_, err := s.EditMessage(t.Context(), ben, class, m.ID, "edited", storage.AnyVersion)
		wantError(t, err, nil)
		_, err = s.CreateMessage(t.Context(), ben, class, under("k", "once"))
		wantRepeat(t, err, m.ID, 1, m) // as it was answered, not as it is
	})

	t.Run("so it is for a class", func(t *testing.T) {
		draft := storage.ClassDraft{Name: "Latin", Attempt: storage.Attempt{Path: "/classes", Key: "latin", Fingerprint: "f"}}
		class, err := s.CreateClass(t.Context(), gwen, draft)
		wantError(t, err, nil)
		_, err = s.CreateClass(t.Context(), gwen, draft)
		wantRepeat(t, err, class.ID, 1, class)
		list, err := s.Classes(t.Context(), gwen, storage.Page{Limit: 10})
		wantError(t, err, nil)
		equal(t, "classes", list.Items, []storage.Class{class})
		equal(t, "keys", s.clientKeys(t, class.ID), []string{"latin"})
	})

	t.Run("and for a reply, which counts once", func(t *testing.T) {
		class := s.class(t)
		parent := s.post(t, dora, class, "parent")
		head := s.head(t, class)
		draft := under("reply", "once")
		draft.ParentID = &parent.ID
		m, err := s.CreateMessage(t.Context(), ben, class, draft)
		wantError(t, err, nil)
		equal(t, "keys", s.clientKeys(t, class)[head:], []string{"reply", "reply"})
		wantError(t, s.DeleteMessage(t.Context(), dora, class, parent.ID, storage.AnyVersion), nil)
		s.archive(t, class, true)
		_, err = s.CreateMessage(t.Context(), ben, class, draft)
		wantRepeat(t, err, m.ID, 1, m) // also where a new one would be refused
		equal(t, "replies", s.message(t, class, parent.ID).ReplyCount, int64(1))
	})

	t.Run("and for joining", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		draft := storage.JoinDraft{Code: s.joinCode(t, class).Code, Attempt: storage.Attempt{Path: "/members", Key: "join", Fingerprint: "f"}}
		m, _, err := s.JoinClass(t.Context(), eve, class, draft)
		wantError(t, err, nil)
		_, _, err = s.JoinClass(t.Context(), eve, class, draft)
		wantRepeat(t, err, "eve", 1, m)
		s.wantEvents(t, class, head, event{events.MemberJoined, "eve", m})
		equal(t, "keys", s.clientKeys(t, class)[head:], []string{"join"})
		s.joinCode(t, class)
		_, _, err = s.JoinClass(t.Context(), eve, class, draft)
		wantError(t, err, storage.ErrWrongCode) // as for anybody without the present code
	})

	t.Run("another request under the key is refused", func(t *testing.T) {
		class := s.class(t)
		m := s.postUnder(t, ben, class, "k2", "this")
		head := s.head(t, class)
		_, err := s.CreateMessage(t.Context(), ben, class, under("k2", "that"))
		wantError(t, err, storage.ErrKeyReused)
		_, err = s.CreateMessage(t.Context(), ben, class, under("k2", "this"))
		wantRepeat(t, err, m.ID, 1, m)
		s.wantEvents(t, class, head)
	})

	t.Run("a key is its user's and its path's", func(t *testing.T) {
		class := s.class(t)
		bens := s.postUnder(t, ben, class, "k3", "mine")
		doras := s.postUnder(t, dora, class, "k3", "yours")
		draft := under("k3", "elsewhere")
		draft.Attempt.Path = "/elsewhere"
		elsewhere, err := s.CreateMessage(t.Context(), ben, class, draft)
		wantError(t, err, nil)
		loud := s.postUnder(t, ben, class, "K3", "MINE")
		equal(t, "messages", s.all(t, class), []storage.Message{bens, doras, elsewhere, loud})
	})

	t.Run("without a key everything is carried out", func(t *testing.T) {
		class := s.class(t)
		draft := storage.MessageDraft{Text: "again", Attempt: storage.Attempt{Path: "/messages", Fingerprint: "f"}}
		for range 2 {
			_, err := s.CreateMessage(t.Context(), ben, class, draft)
			wantError(t, err, nil)
		}
		equal(t, "number of messages", len(s.all(t, class)), 2)
	})

	t.Run("what was refused is judged anew", func(t *testing.T) {
		class := s.class(t)
		_, err := s.CreateMessage(t.Context(), eve, class, under("k4", "let me in"))
		wantError(t, err, storage.ErrNotFound)
		s.put(t, class, eve, storage.Student)
		m := s.postUnder(t, eve, class, "k4", "let me in")
		wantError(t, s.RemoveMember(t.Context(), anna, class, "eve", storage.AnyVersion), nil)
		_, err = s.CreateMessage(t.Context(), eve, class, under("k4", "let me in"))
		wantError(t, err, storage.ErrNotFound) // who is out is told nothing of the class any more
		s.put(t, class, eve, storage.Student)
		_, err = s.CreateMessage(t.Context(), eve, class, under("k4", "let me in"))
		wantRepeat(t, err, m.ID, 1, m)
	})

	t.Run("the events of a write have its key, and no others", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		m := s.postUnder(t, ben, class, "k5", "with")
		s.post(t, ben, class, "without")
		_, err := s.EditMessage(t.Context(), ben, class, m.ID, "changed", storage.AnyVersion)
		wantError(t, err, nil)
		equal(t, "keys", s.clientKeys(t, class)[head:], []string{"k5", "", ""})
		at, err := s.Load(t.Context(), class, 3)
		wantError(t, err, nil)
		equal(t, "key in the tail", at.Tail[0].ClientKey, "k5")
	})

	t.Run("of those that come together one is carried out", func(t *testing.T) {
		class := s.class(t)
		entered, release := stage.holdNext()
		ahead := s.postLater(t.Context(), class, "ahead")
		<-entered
		racing := make(chan error, 20)
		var started sync.WaitGroup
		for range cap(racing) {
			started.Add(1)
			go func() {
				started.Done()
				_, err := s.CreateMessage(t.Context(), ben, class, under("k6", "race"))
				racing <- err
			}()
		}
		started.Wait()
		release()
		wantError(t, (<-ahead).err, nil)
		carriedOut := 0
		var repeated []error
		for range cap(racing) {
			if err := <-racing; err == nil {
				carriedOut++
			} else {
				repeated = append(repeated, err)
			}
		}
		equal(t, "carried out", carriedOut, 1)
		all := s.all(t, class)
		equal(t, "number of messages", len(all), 2)
		for _, err := range repeated {
			wantRepeat(t, err, all[1].ID, 1, all[1])
		}
		stage.onBegin(nil)
	})

	t.Run("a repetition and a refusal don't fail their neighbours, nor does a key become theirs", func(t *testing.T) {
		for i := range 5 {
			class := s.class(t)
			old, fresh := fmt.Sprint("old ", i), fmt.Sprint("fresh ", i)
			m := s.postUnder(t, ben, class, old, "first")
			errs := s.atOnce(t, stage, class, func() {
				var together sync.WaitGroup
				together.Go(func() {
					_, err := s.CreateMessage(t.Context(), ben, class, under(fresh, "keyed"))
					check(t, err)
				})
				together.Go(func() {
					_, err := s.CreateMessage(t.Context(), ben, class, under(old, "first"))
					wantRepeat(t, err, m.ID, 1, m)
				})
				together.Go(func() {
					_, err := s.CreateMessage(t.Context(), ben, class, under(old, "other"))
					wantError(t, err, storage.ErrKeyReused)
				})
				together.Wait()
			})
			equal(t, "errors of the others", errs, make([]error, len(errs)))
			for _, e := range s.history(t, class, m.Seq) {
				var posted storage.Message
				decode(t, e, &posted)
				if keyed := *posted.Text == "keyed"; keyed != (e.ClientKey == fresh) || !keyed && e.ClientKey != "" {
					t.Errorf("%q has the key %q", *posted.Text, e.ClientKey)
				}
			}
		}
	})
}

// testAttemptFailures has stories that leave a store behind that isn't quite right, or is closed.
func testAttemptFailures(t *testing.T, fresh Fresh) {
	t.Run("a write whose outcome was lost is found by its repetition", func(t *testing.T) {
		s, stage := newStaged(t, fresh(t))
		s.tape.mayMiss()
		class := s.class(t)
		stage.onCommit(func(_ int, commit func() error) error {
			return errors.Join(commit(), storage.ErrUnavailable) // the answer got lost
		})
		_, err := s.CreateMessage(t.Context(), ben, class, under("k", "perhaps"))
		wantError(t, err, storage.ErrUnavailable)
		stage.onCommit(nil)
		_, err = s.CreateMessage(t.Context(), ben, class, under("k", "perhaps"))
		all := s.all(t, class)
		equal(t, "number of messages", len(all), 1)
		wantRepeat(t, err, all[0].ID, 1, all[0])
	})

	t.Run("a write that failed has kept no answer", func(t *testing.T) {
		s, stage := newStaged(t, fresh(t))
		class := s.class(t)
		stage.onCommit(func(int, func() error) error { return errors.New("no") })
		_, err := s.CreateMessage(t.Context(), ben, class, under("k", "at last"))
		if err == nil {
			t.Error("it was carried out")
		}
		stage.onCommit(nil)
		m := s.postUnder(t, ben, class, "k", "at last")
		equal(t, "messages", s.all(t, class), []storage.Message{m})
	})

	t.Run("a first answer outlives the process", func(t *testing.T) {
		open := fresh(t)
		s := newSchool(t, open)
		class := s.class(t)
		m := s.postUnder(t, ben, class, "k", "kept")
		wantError(t, s.Close(), nil)
		s = newSchool(t, open)
		_, err := s.CreateMessage(t.Context(), ben, class, under("k", "kept"))
		wantRepeat(t, err, m.ID, 1, m)
		equal(t, "key in the log", s.clientKeys(t, class)[m.Seq-1], "k")
	})

	t.Run("old ones are forgotten, few at a time", func(t *testing.T) {
		driver, err := fresh(t)(t.Context())
		if err != nil {
			t.Fatalf("open: %v", err)
		}
		s := newSchoolOn(t, driver)
		class := s.class(t)
		var last storage.Message
		for i := range 7 {
			last = s.postUnder(t, ben, class, fmt.Sprint(i), "hello")
		}
		forget := func(before events.Time, want ...int) {
			t.Helper()
			for _, n := range want {
				tx, _, err := driver.Begin(t.Context(), storage.Needs{})
				wantError(t, err, nil)
				got, err := tx.ForgetAttempts(t.Context(), before, 3)
				wantError(t, err, nil)
				equal(t, "forgotten", got, n)
				wantError(t, tx.Commit(t.Context(), nil, nil), nil)
			}
		}
		_, err = s.Trim(t.Context(), storage.Retention{Age: storage.DefaultRetainAge, Count: storage.DefaultRetainCount})
		wantError(t, err, nil)
		_, err = s.CreateMessage(t.Context(), ben, class, under("6", "hello"))
		wantRepeat(t, err, last.ID, 1, last)
		forget(events.Now()+1, 3, 3, 1, 0)
		if again := s.postUnder(t, ben, class, "6", "hello"); again.ID == last.ID {
			t.Error("a forgotten attempt was repeated")
		}
		equal(t, "keys in the log", len(s.all(t, class)), 8)
	})
}

// attemptAtOnce has stores that share a database carry out the same attempts at the same time.
func attemptAtOnce(t *testing.T, through []*school) {
	t.Helper()
	class := through[0].class(t)
	head := through[0].head(t, class)
	const rounds, each = 20, 3
	for i := range rounds {
		key := fmt.Sprint("k", i)
		posts := race(through, each, func(s *school) (storage.Message, error) {
			return s.CreateMessage(t.Context(), ben, class, under(key, "race"))
		})
		wantOneAnswer(t, posts, func(m storage.Message) string { return m.ID })
		newcomer := storage.Principal{User: "newcomer " + key, Role: storage.GlobalTeacher} // no channel that both lock
		classes := race(through, each, func(s *school) (storage.Class, error) {
			attempt := storage.Attempt{Path: "/classes", Key: key, Fingerprint: "f"}
			return s.CreateClass(t.Context(), newcomer, storage.ClassDraft{Name: "Race", Attempt: attempt})
		})
		wantOneAnswer(t, classes, func(c storage.Class) string { return c.ID })
		list, err := through[0].Classes(t.Context(), newcomer, storage.Page{Limit: 10})
		wantError(t, err, nil)
		equal(t, "number of classes", len(list.Items), 1)
	}
	equal(t, "number of messages", len(through[0].all(t, class)), rounds)
	equal(t, "number of events", through[0].head(t, class)-head, int64(rounds))
}

// outcome is what one of several that race was answered.
type outcome[T any] struct {
	object T
	err    error
}

// race has each store make a call several times, all at once.
func race[T any](through []*school, each int, call func(*school) (T, error)) []outcome[T] {
	outcomes := make([]outcome[T], len(through)*each)
	var racing sync.WaitGroup
	for i := range outcomes {
		racing.Go(func() {
			object, err := call(through[i%len(through)])
			outcomes[i] = outcome[T]{object, err}
		})
	}
	racing.Wait()
	return outcomes
}

// wantOneAnswer checks that one was carried out, and that all others got its answer.
func wantOneAnswer[T any](t *testing.T, outcomes []outcome[T], id func(T) string) {
	t.Helper()
	var first *T
	for i := range outcomes {
		if outcomes[i].err == nil {
			if first != nil {
				t.Errorf("both %s and %s were carried out", show(*first), show(outcomes[i].object))
			}
			first = &outcomes[i].object
		}
	}
	if first == nil {
		t.Errorf("none was carried out: %v", outcomes[0].err)
		return
	}
	for _, o := range outcomes {
		if o.err != nil {
			wantRepeat(t, o.err, id(*first), 1, *first)
		}
	}
}

// clientKeys are the keys of a class's events, as logged.
func (s *school) clientKeys(t *testing.T, class string) []string {
	t.Helper()
	var keys []string
	for _, e := range s.history(t, class, 0) {
		keys = append(keys, e.ClientKey)
	}
	return keys
}
