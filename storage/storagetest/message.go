package storagetest

import (
	"strings"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

func testMessages(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("a message is what was posted", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		texts := []string{
			"hello", " \t two\nlines \n", `"quotes" 'n' \back\slashes\`, "<script>&amp;</script>", "%s ? $1 :name --", "日本語 👩‍🏫 é",
			"\u2028\u2029\ufeff", strings.Repeat("𝄞", 4000),
		}
		var want []event
		for i, text := range texts {
			m := s.post(t, ben, class, text)
			equal(t, "message", m, storage.Message{
				ID: m.ID, Class: class, Seq: head + int64(i) + 1, Author: "ben", Text: &text, Version: 1, CreatedAt: m.CreatedAt, Mentions: []string{},
			})
			equal(t, "read message", s.message(t, class, m.ID), m)
			want = append(want, event{events.MessageCreated, "ben", m})
		}
		s.wantEvents(t, class, head, want...)
	})

	t.Run("its author edits it", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, ben, class, "hte cell")
		text := "the cell"
		edited, err := s.EditMessage(t.Context(), ben, class, m.ID, text, storage.AnyVersion)
		wantError(t, err, nil)
		want := m
		want.Text, want.Version, want.EditedAt = &text, 2, edited.EditedAt
		equal(t, "edited", edited, want)
		if edited.EditedAt < m.CreatedAt {
			t.Errorf("edited at %s, before %s", edited.EditedAt, m.CreatedAt)
		}
		equal(t, "read message", s.message(t, class, m.ID), want)
		same, err := s.EditMessage(t.Context(), ben, class, m.ID, text, storage.AnyVersion)
		wantError(t, err, nil)
		equal(t, "edited to the same", same, want)
		s.wantEvents(t, class, m.Seq, event{events.MessageUpdated, "ben", want})
	})

	t.Run("nobody else edits it", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, ben, class, "mine")
		for _, p := range []storage.Principal{dora, clio, anna, root} {
			_, err := s.EditMessage(t.Context(), p, class, m.ID, "ours", storage.AnyVersion)
			wantError(t, err, storage.ErrForbidden)
		}
		s.wantEvents(t, class, m.Seq)
		s.put(t, class, root, storage.Assistant)
		byRoot := s.post(t, root, class, "an admin's")
		wantError(t, s.RemoveMember(t.Context(), root, class, root.User, storage.AnyVersion), nil)
		_, err := s.EditMessage(t.Context(), root, class, byRoot.ID, "from outside", storage.AnyVersion)
		wantError(t, err, storage.ErrForbidden)
	})

	t.Run("its author and those who moderate delete it", func(t *testing.T) {
		class := s.class(t)
		for _, p := range []storage.Principal{ben, clio, anna, root} {
			m := s.post(t, ben, class, "regretted")
			wantError(t, s.DeleteMessage(t.Context(), dora, class, m.ID, storage.AnyVersion), storage.ErrForbidden)
			wantError(t, s.DeleteMessage(t.Context(), p, class, m.ID, 1), nil)
			stone := s.message(t, class, m.ID)
			want := m
			want.Text, want.Version, want.DeletedAt = nil, 2, stone.DeletedAt
			equal(t, "tombstone", stone, want)
			if stone.DeletedAt < m.CreatedAt {
				t.Errorf("deleted at %s, before %s", stone.DeletedAt, m.CreatedAt)
			}
			s.wantEvents(t, class, m.Seq, event{events.MessageDeleted, p.User, stone})
		}
	})

	t.Run("a tombstone stays as it is", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, ben, class, "regretted")
		wantError(t, s.DeleteMessage(t.Context(), ben, class, m.ID, storage.AnyVersion), nil)
		stone, head := s.message(t, class, m.ID), s.head(t, class)
		wantError(t, s.DeleteMessage(t.Context(), ben, class, m.ID, storage.AnyVersion), nil)
		wantError(t, s.DeleteMessage(t.Context(), anna, class, m.ID, 2), nil)
		wantError(t, s.DeleteMessage(t.Context(), dora, class, m.ID, storage.AnyVersion), storage.ErrForbidden)
		for _, version := range []int64{storage.AnyVersion, 1, 2} {
			_, err := s.EditMessage(t.Context(), ben, class, m.ID, "undo", version)
			wantError(t, err, storage.ErrMessageDeleted)
		}
		equal(t, "tombstone", s.message(t, class, m.ID), stone)
		equal(t, "list", s.all(t, class), []storage.Message{stone})
		s.wantEvents(t, class, head)
	})

	t.Run("an expected version must be the present one", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, ben, class, "first")
		edited, err := s.EditMessage(t.Context(), ben, class, m.ID, "second", 1)
		wantError(t, err, nil)
		_, err = s.EditMessage(t.Context(), ben, class, m.ID, "third", 1)
		wantStale(t, err, edited)
		wantStale(t, s.DeleteMessage(t.Context(), anna, class, m.ID, 1), edited)
		_, err = s.EditMessage(t.Context(), anna, class, m.ID, "third", 1) // whatever the version, she may not
		wantError(t, err, storage.ErrForbidden)
		wantError(t, s.DeleteMessage(t.Context(), dora, class, m.ID, 1), storage.ErrForbidden)
		s.wantEvents(t, class, m.Seq, event{events.MessageUpdated, "ben", edited})
	})

	t.Run("it is found in its own class only", func(t *testing.T) {
		class, other := s.class(t), s.class(t)
		m := s.post(t, ben, class, "here")
		_, err := s.Message(t.Context(), ben, other, m.ID)
		wantError(t, err, storage.ErrNotFound)
		_, err = s.EditMessage(t.Context(), ben, other, m.ID, "there", storage.AnyVersion)
		wantError(t, err, storage.ErrNotFound)
		wantError(t, s.DeleteMessage(t.Context(), anna, other, m.ID, storage.AnyVersion), storage.ErrNotFound)
		equal(t, "message", s.message(t, class, m.ID), m)
		equal(t, "list of the other class", len(s.all(t, other)), 0)
	})
}
