package storagetest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"testing"

	"homeroom/storage"
)

func testPages(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))
	class := s.class(t)
	const n = 12
	var posted []storage.Message
	for i := range n {
		posted = append(posted, s.post(t, ben, class, fmt.Sprint(i)))
		s.put(t, class, storage.Principal{User: "hugo", Name: fmt.Sprint(i)}, storage.Student) // other events lie between
	}

	t.Run("messages come in both orders, each once", func(t *testing.T) {
		backward := slices.Clone(posted)
		slices.Reverse(backward)
		for order, want := range map[storage.Order][]storage.Message{storage.OldestFirst: posted, storage.NewestFirst: backward} {
			for _, limit := range []int{1, 5, n - 1, n, n + 1} { // exact multiples too
				got := pages(t, func(page storage.Page) (storage.List[storage.Message], error) {
					page.Limit = limit
					list, err := s.Messages(t.Context(), ben, class, page, order)
					if len(list.Items) > limit || len(list.Items) == 0 {
						t.Errorf("a page of %d has %d", limit, len(list.Items))
					}
					return list, err
				})
				equal(t, fmt.Sprintf("%s by %d", order, limit), got, want)
			}
		}
	})

	t.Run("new messages don't disturb who reads back", func(t *testing.T) {
		class := s.class(t)
		old := []storage.Message{s.post(t, ben, class, "one"), s.post(t, ben, class, "two"), s.post(t, ben, class, "three")}
		list, err := s.Messages(t.Context(), ben, class, storage.Page{Limit: 1}, storage.NewestFirst)
		wantError(t, err, nil)
		s.post(t, dora, class, "four")
		rest, err := s.Messages(t.Context(), ben, class, storage.Page{Limit: 5, After: list.Next}, storage.NewestFirst)
		wantError(t, err, nil)
		equal(t, "the rest", rest.Items, []storage.Message{old[1], old[0]})
		equal(t, "next", rest.Next, "")
	})

	t.Run("members are in the order of their ids' bytes", func(t *testing.T) {
		class := s.create(t, anna, "Physics").ID
		users := []string{"Zoe", "adam", "Émile", "_x", "10", "9", "a.b", "a-b", "ab", "A", "ß", "İ", "用户", "O'Neil", `back\slash`, "%", "anna"}
		for _, user := range users[:len(users)-1] { // anna is there
			s.put(t, class, storage.Principal{User: user}, storage.Student)
		}
		slices.Sort(users)
		for _, limit := range []int{1, 4, 200} {
			got := pages(t, func(page storage.Page) (storage.List[storage.Member], error) {
				page.Limit = limit
				return s.Members(t.Context(), anna, class, page)
			})
			var ids []string
			for _, m := range got {
				ids = append(ids, m.User)
			}
			equal(t, fmt.Sprintf("members by %d", limit), ids, users)
		}
	})

	t.Run("classes come each once", func(t *testing.T) {
		uma := storage.Principal{User: "uma", Role: storage.GlobalTeacher}
		var want []storage.Class
		for range 5 {
			want = append(want, s.create(t, uma, "Uma's"))
		}
		for _, limit := range []int{1, 2, 5} {
			got := pages(t, func(page storage.Page) (storage.List[storage.Class], error) {
				page.Limit = limit
				return s.Classes(t.Context(), uma, page)
			})
			equal(t, fmt.Sprintf("classes by %d", limit), got, want)
		}
	})

	t.Run("a list of nothing is empty, not nil", func(t *testing.T) {
		class := s.class(t)
		list, err := s.Messages(t.Context(), ben, class, storage.Page{Limit: 5}, storage.NewestFirst)
		wantError(t, err, nil)
		equal(t, "items", list.Items, []storage.Message{})
		equal(t, "next", list.Next, "")
	})

	t.Run("only tokens that lists gave out are taken", func(t *testing.T) {
		token := func(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }
		for _, after := range []string{"!", "=", token("\x00"), token("a\xffb")} {
			page := storage.Page{Limit: 5, After: after}
			_, err := s.Members(t.Context(), ben, class, page)
			wantError(t, err, storage.ErrPage)
			_, err = s.Classes(t.Context(), ben, page)
			wantError(t, err, storage.ErrPage)
			_, err = s.Messages(t.Context(), ben, class, page, storage.NewestFirst)
			wantError(t, err, storage.ErrPage)
		}
		for _, key := range []string{"anna", "0", "-1", "1.5", "99999999999999999999"} {
			_, err := s.Messages(t.Context(), ben, class, storage.Page{Limit: 5, After: token(key)}, storage.NewestFirst)
			wantError(t, err, storage.ErrPage)
		}
	})
}
