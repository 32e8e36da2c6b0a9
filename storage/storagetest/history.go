package storagetest

import (
	"errors"
	"fmt"
	"testing"

	"homeroom/storage"
)

func testHistory(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("an edit keeps what was said before", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, ben, class, "first")
		equal(t, "history of a new message", len(s.formerTexts(t, m)), 0)
		second := s.edit(t, m, "second")
		s.reply(t, anna, second, "which makes version 3")
		s.edit(t, second, "second") // changes nothing
		third := s.edit(t, second, "third")
		equal(t, "version", third.Version, int64(4))
		equal(t, "history", s.formerTexts(t, m), []storage.FormerText{
			{Message: m.ID, Version: 1, Text: "first", At: m.CreatedAt, Editor: "ben"},
			{Message: m.ID, Version: 3, Text: "second", At: second.EditedAt, Editor: "ben"},
		})
		_, err := s.EditMessage(t.Context(), ben, class, m.ID, "stale", 1)
		wantStale(t, err, third)
		equal(t, "history after a refused edit", len(s.formerTexts(t, m)), 2)
	})

	t.Run("deleting the message deletes it too", func(t *testing.T) {
		class := s.class(t)
		m, other := s.post(t, ben, class, "first"), s.post(t, ben, class, "other")
		s.edit(t, m, "second")
		s.edit(t, other, "changed")
		wantError(t, s.DeleteMessage(t.Context(), anna, class, m.ID, storage.AnyVersion), nil)
		list, err := s.FormerTexts(t.Context(), ben, class, m.ID, storage.Page{Limit: 10})
		wantError(t, err, nil)
		equal(t, "history", list.Items, []storage.FormerText{})
		equal(t, "history of the other", len(s.formerTexts(t, other)), 1)
	})

	t.Run("it comes in pages", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, ben, class, "0")
		for i := range 7 {
			s.edit(t, m, fmt.Sprint(i+1))
		}
		for _, limit := range []int{1, 3, 7, 8} {
			var texts []string
			for _, f := range pages(t, func(page storage.Page) (storage.List[storage.FormerText], error) {
				page.Limit = limit
				return s.FormerTexts(t.Context(), anna, class, m.ID, page)
			}) {
				texts = append(texts, f.Text)
			}
			equal(t, fmt.Sprintf("history by %d", limit), texts, []string{"0", "1", "2", "3", "4", "5", "6"})
		}
		list, err := s.FormerTexts(t.Context(), anna, class, m.ID, storage.Page{Limit: 1})
		wantError(t, err, nil)
		equal(t, "cursor", list.At.Class, s.head(t, class))
	})

	t.Run("teachers, admins and its author read it", func(t *testing.T) {
		class, other := s.class(t), s.class(t)
		m := s.post(t, ben, class, "first")
		s.edit(t, m, "second")
		for _, p := range []storage.Principal{root, anna, ben, clio, dora, eve} {
			want := map[storage.Principal]error{clio: storage.ErrForbidden, dora: storage.ErrForbidden, eve: storage.ErrNotFound}[p]
			if _, err := s.FormerTexts(t.Context(), p, class, m.ID, storage.Page{Limit: 1}); !errors.Is(err, want) {
				t.Errorf("%s: error %v, want %v", p.User, err, want)
			}
		}
		_, err := s.FormerTexts(t.Context(), anna, other, m.ID, storage.Page{Limit: 1})
		wantError(t, err, storage.ErrNotFound)
		wantError(t, s.RemoveMember(t.Context(), anna, class, ben.User, storage.AnyVersion), nil)
		_, err = s.FormerTexts(t.Context(), ben, class, m.ID, storage.Page{Limit: 1})
		wantError(t, err, storage.ErrNotFound)
	})
}

// edit changes a message of ben's.
func (s *school) edit(t *testing.T, m storage.Message, text string) storage.Message {
	t.Helper()
	edited, err := s.EditMessage(t.Context(), ben, m.Class, m.ID, text, storage.AnyVersion)
	if err != nil {
		t.Fatalf("edit: %v", err)
	}
	return edited
}

// formerTexts is the whole history of a message.
func (s *school) formerTexts(t *testing.T, m storage.Message) []storage.FormerText {
	t.Helper()
	return pages(t, func(page storage.Page) (storage.List[storage.FormerText], error) {
		page.Limit = 200
		return s.FormerTexts(t.Context(), root, m.Class, m.ID, page)
	})
}
