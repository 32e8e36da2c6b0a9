package storagetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

func testCommits(t *testing.T, fresh Fresh) {
	t.Run("many write to one class", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		postAtOnce(t, []*school{s}, []string{s.class(t)})
	})

	t.Run("many write to many classes", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		var classes []string
		for range 8 {
			classes = append(classes, s.class(t))
		}
		postAtOnce(t, []*school{s}, classes)
	})

	t.Run("all kinds of writes at once", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		writeAtOnce(t, []*school{s}, s.class(t))
	})
}

// postAtOnce has many members post to classes at the same time, through stores that share a database, and checks
// that each post is there once, where its seq says, and was published before its caller was answered.
func postAtOnce(t *testing.T, through []*school, classes []string) {
	t.Helper()
	const writers, each = 24, 10
	before := map[string]int64{}
	for _, class := range classes {
		before[class] = through[0].head(t, class)
	}
	posted := make([][]storage.Message, writers)
	var writing sync.WaitGroup
	for w := range writers {
		s, class := through[w%len(through)], classes[w%len(classes)]
		writing.Go(func() {
			for i := range each {
				m, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: fmt.Sprint(w, " ", i)})
				if err != nil {
					t.Errorf("post: %v", err)
					return
				}
				if !s.tape.has(class, m.Seq) {
					t.Errorf("post %d was answered before it was published", m.Seq)
				}
				posted[w] = append(posted[w], m)
			}
		})
	}
	writing.Wait()
	want := map[string][]storage.Message{}
	for _, of := range posted {
		for i, m := range of {
			if i > 0 && m.Seq <= of[i-1].Seq {
				t.Errorf("a writer's post %d came after %d", m.Seq, of[i-1].Seq)
			}
			want[m.Class] = append(want[m.Class], m)
		}
	}
	for _, class := range classes {
		slices.SortFunc(want[class], func(a, b storage.Message) int { return int(a.Seq - b.Seq) })
		equal(t, "messages of a class", through[0].all(t, class), want[class])
		for i, e := range through[0].history(t, class, before[class]) {
			if i >= len(want[class]) || e.Type != events.MessageCreated || string(e.Data) != show(want[class][i]) {
				t.Errorf("event %d: %s", e.Seq, show(e))
			}
		}
	}
}

// writeAtOnce has stores that share a database make all kinds of changes to a class at the same time, and checks that
// its events tell the whole story.
func writeAtOnce(t *testing.T, through []*school, class string) {
	t.Helper()
	thread := through[0].post(t, anna, class, "thread of all")
	var writing sync.WaitGroup
	for w := range 16 {
		s := through[w%len(through)]
		hugo := storage.Principal{User: fmt.Sprintf("hugo-%d", w%3), Name: fmt.Sprint(w)}
		writing.Go(func() {
			for i := range 6 {
				m, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: fmt.Sprint(w, " ", i)})
				check(t, err)
				_, err = s.EditMessage(t.Context(), ben, class, m.ID, "changed", storage.AnyVersion)
				check(t, err)
				reply, err := s.CreateMessage(t.Context(), dora, class, storage.MessageDraft{Text: "a reply", ParentID: &thread.ID})
				check(t, err)
				_, err = s.CreateMessage(t.Context(), clio, class, storage.MessageDraft{Text: "another", ParentID: &m.ID})
				check(t, err)
				_, _, err = s.PutMember(t.Context(), anna, class, hugo.User, storage.MemberChange{Role: storage.Assistant, Name: hugo.Name}, storage.AnyVersion)
				check(t, err)
				name := fmt.Sprint(w, i)
				_, err = s.UpdateClass(t.Context(), anna, class, storage.ClassChange{Name: &name}, storage.AnyVersion)
				check(t, err)
				check(t, s.DeleteMessage(t.Context(), clio, class, m.ID, storage.AnyVersion))
				if i%2 == 0 {
					check(t, s.DeleteMessage(t.Context(), dora, class, reply.ID, storage.AnyVersion))
				}
				check(t, s.RemoveMember(t.Context(), anna, class, hugo.User, storage.AnyVersion), storage.ErrNotFound)
			}
		})
	}
	writing.Wait()
	var told replay
	for _, e := range through[0].history(t, class, 0) {
		told.apply(t, e)
	}
	told.wantSame(t, through[0].look(t, class))
}
