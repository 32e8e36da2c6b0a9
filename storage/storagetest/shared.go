package storagetest

import (
	"fmt"
	"sync"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

// RunShared runs the stories of several processes that use one database at a time.
func RunShared(t *testing.T, fresh Fresh) {
	run(t, fresh, []part{{"processes", testProcesses}, {"receipts of processes", testSharedReceipts}, {"jobs of processes", testSharedJobs}})
}

func testProcesses(t *testing.T, fresh Fresh) {
	together := func(t *testing.T) []*school {
		open := fresh(t)
		var all []*school
		for range 3 {
			s := newSchool(t, open)
			s.tape.mayMiss() // what the others write
			all = append(all, s)
		}
		return all
	}

	t.Run("all write to one class", func(t *testing.T) {
		all := together(t)
		postAtOnce(t, all, []string{all[0].class(t)})
	})

	t.Run("all write to many classes", func(t *testing.T) {
		all := together(t)
		var classes []string
		for i := range 8 {
			classes = append(classes, all[i%len(all)].class(t))
		}
		postAtOnce(t, all, classes)
	})

	t.Run("all make all kinds of changes", func(t *testing.T) {
		all := together(t)
		writeAtOnce(t, all, all[0].class(t))
	})

	t.Run("of teachers who leave through different processes one stays", func(t *testing.T) {
		all := together(t)
		for range 10 {
			class := all[0].class(t)
			teachers := []storage.Principal{anna, gwen, {User: "hugo"}}
			for _, p := range teachers {
				all[0].put(t, class, p, storage.Teacher)
			}
			leaveAtOnce(t, all, class, teachers)
		}
	})

	t.Run("new users are told by all of them at once", func(t *testing.T) {
		all := together(t)
		const users = 12
		var joining sync.WaitGroup
		for i, s := range all {
			class := s.class(t)
			for n := range users {
				user := fmt.Sprint("new ", n)
				if i%2 == 1 {
					user = fmt.Sprint("new ", users-1-n) // the other way round
				}
				joining.Go(func() {
					_, _, err := s.PutMember(t.Context(), anna, class, user, storage.MemberChange{Role: storage.Student}, storage.AnyVersion)
					check(t, err)
				})
			}
		}
		joining.Wait()
		for n := range users {
			user := fmt.Sprint("new ", n)
			equal(t, "number of notifications", len(all[0].logged(t, events.UserChannel(user), 0)), len(all))
		}
	})

	t.Run("of all that make the same attempt one carries it out", func(t *testing.T) {
		attemptAtOnce(t, together(t))
	})

	t.Run("each sees what another has committed", func(t *testing.T) {
		all := together(t)
		class := all[0].class(t)
		wantError(t, all[1].RemoveMember(t.Context(), anna, class, "ben", storage.AnyVersion), nil)
		_, err := all[2].CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "still here?"})
		wantError(t, err, storage.ErrNotFound)
		m := all[2].post(t, dora, class, "hello")
		edited, err := all[0].EditMessage(t.Context(), dora, class, m.ID, "hi", 1)
		wantError(t, err, nil)
		equal(t, "message", all[1].message(t, class, m.ID), edited)
		epoch, err := all[0].RotateEpoch(t.Context())
		wantError(t, err, nil)
		heads, err := all[1].Heads(t.Context(), nil)
		wantError(t, err, nil)
		equal(t, "epoch", heads.Epoch, epoch)
		wantError(t, all[1].DeleteClass(t.Context(), anna, class, storage.AnyVersion), nil)
		_, err = all[0].CreateMessage(t.Context(), dora, class, storage.MessageDraft{Text: "anybody?"})
		wantError(t, err, storage.ErrNotFound)
	})
}
