package storagetest

import (
	"fmt"
	"slices"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

func testThreads(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("a reply changes its parent, after its own event", func(t *testing.T) {
		class := s.class(t)
		parent := s.post(t, ben, class, "Why is the sky blue?")
		first := s.reply(t, anna, parent, "Scattering.")
		equal(t, "reply", first, storage.Message{
			ID: first.ID, Class: class, Seq: parent.Seq + 1, Author: "anna", Text: first.Text, ParentID: &parent.ID, Version: 1, CreatedAt: first.CreatedAt, Mentions: []string{},
		})
		equal(t, "read reply", s.message(t, class, first.ID), first)
		afterFirst := parent
		afterFirst.Version, afterFirst.ReplyCount, afterFirst.LastReplyAt = 2, 1, first.CreatedAt
		second := s.reply(t, dora, parent, "Thanks!")
		afterSecond := parent
		afterSecond.Version, afterSecond.ReplyCount, afterSecond.LastReplyAt = 3, 2, second.CreatedAt
		equal(t, "parent", s.message(t, class, parent.ID), afterSecond)
		s.wantEvents(t, class, parent.Seq,
			event{events.MessageCreated, "anna", first}, event{events.MessageUpdated, "anna", afterFirst},
			event{events.MessageCreated, "dora", second}, event{events.MessageUpdated, "dora", afterSecond})
	})

	t.Run("an edit keeps the thread, and its version is of both", func(t *testing.T) {
		class := s.class(t)
		parent := s.post(t, ben, class, "a sky")
		reply := s.reply(t, anna, parent, "Yes?")
		_, err := s.EditMessage(t.Context(), ben, class, parent.ID, "the sky", 1)
		wantStale(t, err, s.message(t, class, parent.ID)) // the reply made it version 2
		edited, err := s.EditMessage(t.Context(), ben, class, parent.ID, "the sky", 2)
		wantError(t, err, nil)
		if edited.ReplyCount != 1 || edited.LastReplyAt != reply.CreatedAt || edited.Version != 3 {
			t.Errorf("edited to %s", show(edited))
		}
		changed, err := s.EditMessage(t.Context(), anna, class, reply.ID, "Yes!", storage.AnyVersion)
		wantError(t, err, nil)
		equal(t, "parent of an edited reply", s.message(t, class, parent.ID), edited)
		s.wantEvents(t, class, reply.Seq+1, event{events.MessageUpdated, "ben", edited}, event{events.MessageUpdated, "anna", changed})
	})

	t.Run("a deleted reply no longer counts", func(t *testing.T) {
		class := s.class(t)
		parent := s.post(t, ben, class, "question")
		var replies []storage.Message
		for i := range 3 {
			replies = append(replies, s.reply(t, dora, parent, fmt.Sprint(i)))
		}
		for _, step := range []struct {
			drop  int
			count int64
			last  events.Time
		}{
			{1, 2, replies[2].CreatedAt}, {2, 1, replies[0].CreatedAt}, {0, 0, 0},
		} {
			was, head := s.message(t, class, parent.ID), s.head(t, class)
			wantError(t, s.DeleteMessage(t.Context(), clio, class, replies[step.drop].ID, storage.AnyVersion), nil)
			want := was
			want.Version, want.ReplyCount, want.LastReplyAt = was.Version+1, step.count, step.last
			equal(t, "parent", s.message(t, class, parent.ID), want)
			s.wantEvents(t, class, head, event{events.MessageDeleted, "clio", s.message(t, class, replies[step.drop].ID)}, event{events.MessageUpdated, "clio", want})
			wantError(t, s.DeleteMessage(t.Context(), clio, class, replies[step.drop].ID, storage.AnyVersion), nil) // again
			equal(t, "parent after deleting again", s.message(t, class, parent.ID), want)
		}
	})

	t.Run("a deleted parent keeps its thread", func(t *testing.T) {
		class := s.class(t)
		parent := s.post(t, ben, class, "regretted")
		kept, dropped := s.reply(t, anna, parent, "kept"), s.reply(t, dora, parent, "dropped")
		wantError(t, s.DeleteMessage(t.Context(), ben, class, parent.ID, storage.AnyVersion), nil)
		stone := s.message(t, class, parent.ID)
		if stone.Text != nil || stone.ReplyCount != 2 || stone.LastReplyAt != dropped.CreatedAt {
			t.Errorf("tombstone %s", show(stone))
		}
		equal(t, "thread", s.thread(t, class, parent.ID), []storage.Message{kept, dropped})
		wantError(t, s.DeleteMessage(t.Context(), dora, class, dropped.ID, storage.AnyVersion), nil)
		want := stone
		want.Version, want.ReplyCount, want.LastReplyAt = stone.Version+1, 1, kept.CreatedAt
		equal(t, "tombstone", s.message(t, class, parent.ID), want)
		equal(t, "thread", s.thread(t, class, parent.ID), []storage.Message{kept, s.message(t, class, dropped.ID)})
		s.wantEvents(t, class, dropped.Seq+1,
			event{events.MessageDeleted, "ben", stone},
			event{events.MessageDeleted, "dora", s.message(t, class, dropped.ID)}, event{events.MessageUpdated, "dora", want})
	})

	t.Run("what can't be replied to", func(t *testing.T) {
		class, other := s.class(t), s.class(t)
		elsewhere := s.post(t, ben, other, "in another class")
		reply := s.reply(t, ben, s.post(t, ben, class, "top"), "reply")
		gone := s.post(t, ben, class, "gone")
		wantError(t, s.DeleteMessage(t.Context(), ben, class, gone.ID, storage.AnyVersion), nil)
		head := s.head(t, class)
		for id, want := range map[string]error{
			noClass: storage.ErrParentNotFound, elsewhere.ID: storage.ErrParentNotFound,
			reply.ID: storage.ErrParentIsReply, gone.ID: storage.ErrParentDeleted,
		} {
			_, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "why not?", ParentID: &id})
			wantError(t, err, want)
		}
		_, err := s.CreateMessage(t.Context(), eve, class, storage.MessageDraft{Text: "let me in", ParentID: &gone.ID})
		wantError(t, err, storage.ErrNotFound) // a stranger learns nothing of what is there
		s.wantEvents(t, class, head)
		equal(t, "message of the other class", s.message(t, other, elsewhere.ID), elsewhere)
	})

	t.Run("threads are read both ways, and the top without them", func(t *testing.T) {
		class, other := s.class(t), s.class(t)
		var top, replies []string
		parent := s.post(t, ben, class, "parent")
		top = append(top, parent.ID)
		for i := range 7 {
			replies = append(replies, s.reply(t, dora, parent, fmt.Sprint(i)).ID)
			m := s.post(t, ben, class, "beside")
			top = append(top, m.ID)
			s.reply(t, clio, m, "another thread's")
		}
		backward := func(ids []string) []string {
			ids = slices.Clone(ids)
			slices.Reverse(ids)
			return ids
		}
		for _, limit := range []int{1, 3, 7, 8, 200} {
			for order, want := range map[storage.Order][2][]string{
				storage.OldestFirst: {top, replies}, storage.NewestFirst: {backward(top), backward(replies)},
			} {
				equal(t, fmt.Sprintf("top %s by %d", order, limit), ids(pages(t, func(page storage.Page) (storage.List[storage.Message], error) {
					page.Limit = limit
					return s.TopMessages(t.Context(), ben, class, page, order)
				})), want[0])
				equal(t, fmt.Sprintf("thread %s by %d", order, limit), ids(pages(t, func(page storage.Page) (storage.List[storage.Message], error) {
					page.Limit = limit
					return s.Replies(t.Context(), ben, class, parent.ID, page, order)
				})), want[1])
			}
		}
		first := storage.Page{Limit: 10}
		list, err := s.Replies(t.Context(), ben, class, replies[0], first, storage.OldestFirst)
		wantError(t, err, nil)
		equal(t, "thread of a reply", list.Items, []storage.Message{})
		equal(t, "cursor", list.At.Class, s.head(t, class))
		_, err = s.Replies(t.Context(), ben, other, parent.ID, first, storage.OldestFirst)
		wantError(t, err, storage.ErrNotFound)
		_, err = s.Replies(t.Context(), ben, class, noClass, first, storage.OldestFirst)
		wantError(t, err, storage.ErrNotFound)
	})
}

// reply posts a reply.
func (s *school) reply(t *testing.T, p storage.Principal, parent storage.Message, text string) storage.Message {
	t.Helper()
	m, err := s.CreateMessage(t.Context(), p, parent.Class, storage.MessageDraft{Text: text, ParentID: &parent.ID})
	if err != nil {
		t.Fatalf("reply: %v", err)
	}
	return m
}

// thread is all replies to a message, oldest first.
func (s *school) thread(t *testing.T, class, id string) []storage.Message {
	t.Helper()
	return pages(t, func(page storage.Page) (storage.List[storage.Message], error) {
		page.Limit = 200
		return s.Replies(t.Context(), root, class, id, page, storage.OldestFirst)
	})
}

func ids(messages []storage.Message) []string {
	list := make([]string, len(messages))
	for i, m := range messages {
		list[i] = m.ID
	}
	return list
}

// wantThreads checks that messages, oldest first, say of their replies what is there.
func wantThreads(t *testing.T, messages []storage.Message) {
	t.Helper()
	count, last := map[string]int64{}, map[string]events.Time{}
	for _, m := range messages {
		if m.ParentID != nil && m.DeletedAt == 0 {
			count[*m.ParentID]++
			last[*m.ParentID] = m.CreatedAt
		}
	}
	for _, m := range messages {
		if m.ReplyCount != count[m.ID] || m.LastReplyAt != last[m.ID] {
			t.Errorf("message %d says %d replies, the last at %s; there are %d, the last at %s", m.Seq, m.ReplyCount, m.LastReplyAt, count[m.ID], last[m.ID])
		}
	}
}
