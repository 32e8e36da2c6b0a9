package storagetest

import (
	"fmt"
	"sync"
	"testing"

	"homeroom/storage"
)

// wantSeen checks what a member has read of a class, in the class itself and in the member's list.
func (s *school) wantSeen(t *testing.T, p storage.Principal, class string, read, unread int64) {
	t.Helper()
	one, err := s.Class(t.Context(), p, class)
	wantError(t, err, nil)
	for _, listed := range pages(t, func(page storage.Page) (storage.List[storage.Class], error) {
		page.Limit = 3
		return s.Classes(t.Context(), p, page)
	}) {
		if listed.ID == class {
			equal(t, "listed", listed, one)
		}
	}
	if one.Read == nil || one.Unread == nil || *one.Read != read || *one.Unread != unread {
		t.Errorf("%s of the class: %s; want %d read, %d unread", p.User, show(one), read, unread)
	}
}

func testUnread(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("messages of others beyond what was read are unread, until they are deleted", func(t *testing.T) {
		class := s.class(t)
		s.wantSeen(t, ben, class, 0, 0) // members who join are no messages
		one, two := s.post(t, anna, class, "one"), s.post(t, dora, class, "two")
		s.post(t, ben, class, "mine")
		s.wantSeen(t, ben, class, 0, 2)
		s.wantSeen(t, clio, class, 0, 3)
		s.acknowledge(t, ben, class, two.Seq, -1) // delivered is not read
		s.wantSeen(t, ben, class, 0, 2)
		s.acknowledge(t, ben, class, -1, one.Seq)
		s.wantSeen(t, ben, class, one.Seq, 1)
		_, err := s.EditMessage(t.Context(), dora, class, two.ID, "two again", storage.AnyVersion)
		wantError(t, err, nil)
		s.wantSeen(t, ben, class, one.Seq, 1) // an edit makes it no second one
		wantError(t, s.DeleteMessage(t.Context(), dora, class, two.ID, storage.AnyVersion), nil)
		s.wantSeen(t, ben, class, one.Seq, 0)
		head := s.head(t, class)
		s.acknowledge(t, clio, class, -1, head)
		s.wantSeen(t, clio, class, head, 0)
	})

	t.Run("each class counts for itself", func(t *testing.T) {
		first, second := s.class(t), s.class(t)
		s.post(t, anna, first, "one")
		s.post(t, anna, second, "one")
		s.post(t, anna, second, "two")
		s.wantSeen(t, dora, first, 0, 1)
		s.wantSeen(t, dora, second, 0, 2)
		s.acknowledge(t, dora, second, -1, s.head(t, second))
		s.wantSeen(t, dora, first, 0, 1)
	})

	t.Run("a change of the class answers them too, and an admin who is no member has none", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, ben, class, "one")
		s.post(t, ben, class, "two")
		s.acknowledge(t, anna, class, -1, m.Seq)
		name := "Biology 2"
		changed, err := s.UpdateClass(t.Context(), anna, class, storage.ClassChange{Name: &name}, storage.AnyVersion)
		wantError(t, err, nil)
		read, err := s.Class(t.Context(), anna, class)
		wantError(t, err, nil)
		equal(t, "changed", changed, read)
		s.wantSeen(t, anna, class, m.Seq, 1)
		_, err = s.UpdateClass(t.Context(), anna, class, storage.ClassChange{Name: &name}, 1)
		wantStale(t, err, read)
		wantStale(t, s.DeleteClass(t.Context(), anna, class, 1), read)
		seen, err := s.Class(t.Context(), root, class)
		wantError(t, err, nil)
		if seen.Role != nil || seen.Read != nil || seen.Unread != nil {
			t.Errorf("the admin sees %s", show(seen))
		}
	})

	t.Run("the count has an end", func(t *testing.T) {
		class := s.class(t)
		const writers, each = 51, 20
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					_, err := s.CreateMessage(t.Context(), dora, class, storage.MessageDraft{Text: fmt.Sprint(w, " ", i)})
					check(t, err)
				}
			})
		}
		writing.Wait()
		s.wantSeen(t, ben, class, 0, storage.MaxUnread)
		s.acknowledge(t, ben, class, -1, s.head(t, class)-7)
		s.wantSeen(t, ben, class, s.head(t, class)-7, 7)
	})
}
