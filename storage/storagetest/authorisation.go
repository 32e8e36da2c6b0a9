package storagetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"homeroom/storage"
)

// noClass is the id of no class.
const noClass = "0198a000-0000-7000-8000-000000000000"

func testAuthorisation(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))
	first := storage.Page{Limit: 10}
	// What each may do: + yes, - forbidden, . not found.
	calls := []struct {
		name    string
		call    func(ctx context.Context, p storage.Principal, class string, m storage.Message) error
		allowed string // to root, anna (teacher), clio (assistant), ben (student and author), dora (student), eve (stranger)
	}{
		{"Class", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, err := s.Class(ctx, p, class)
			return err
		}, "+++++."},
		{"UpdateClass", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			name := "by " + p.User
			_, err := s.UpdateClass(ctx, p, class, storage.ClassChange{Name: &name}, storage.AnyVersion)
			return err
		}, "++---."},
		{"DeleteClass", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			return s.DeleteClass(ctx, p, class, storage.AnyVersion)
		}, "++---."},
		{"Members", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, err := s.Members(ctx, p, class, first)
			return err
		}, "+++++."},
		{"Member", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, err := s.Member(ctx, p, class, "clio")
			return err
		}, "+++++."},
		{"PutMember", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, _, err := s.PutMember(ctx, p, class, "gwen", storage.MemberChange{Role: storage.Student}, storage.AnyVersion)
			return err
		}, "++---."},
		{"RemoveMember", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			return s.RemoveMember(ctx, p, class, "hugo", storage.AnyVersion)
		}, "++---."},
		{"MuteMember", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, err := s.MuteMember(ctx, p, class, "hugo", later(s.clock.now(), time.Hour), storage.AnyVersion)
			return err
		}, "+++--."},
		{"UnmuteMember", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			return s.UnmuteMember(ctx, p, class, "hugo", storage.AnyVersion)
		}, "+++--."},
		{"CreateMessage", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, err := s.CreateMessage(ctx, p, class, storage.MessageDraft{Text: "hello"})
			return err
		}, "+++++."},
		{"Messages", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, err := s.Messages(ctx, p, class, first, storage.NewestFirst)
			return err
		}, "+++++."},
		{"Message", func(ctx context.Context, p storage.Principal, class string, m storage.Message) error {
			_, err := s.Message(ctx, p, class, m.ID)
			return err
		}, "+++++."},
		{"TopMessages", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, err := s.TopMessages(ctx, p, class, first, storage.NewestFirst)
			return err
		}, "+++++."},
		{"Replies", func(ctx context.Context, p storage.Principal, class string, m storage.Message) error {
			_, err := s.Replies(ctx, p, class, m.ID, first, storage.OldestFirst)
			return err
		}, "+++++."},
		{"FormerTexts", func(ctx context.Context, p storage.Principal, class string, m storage.Message) error {
			_, err := s.FormerTexts(ctx, p, class, m.ID, first)
			return err
		}, "++-+-."},
		{"EditMessage", func(ctx context.Context, p storage.Principal, class string, m storage.Message) error {
			_, err := s.EditMessage(ctx, p, class, m.ID, "changed", storage.AnyVersion)
			return err
		}, "---+-."},
		{"DeleteMessage", func(ctx context.Context, p storage.Principal, class string, m storage.Message) error {
			return s.DeleteMessage(ctx, p, class, m.ID, storage.AnyVersion)
		}, "++++-."},
		{"UpdateReceipt", func(ctx context.Context, p storage.Principal, class string, m storage.Message) error {
			_, err := s.UpdateReceipt(ctx, p, class, storage.ReceiptChange{Read: &m.Seq})
			return err
		}, "-++++."},
		{"Receipts", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, err := s.Receipts(ctx, p, class, first)
			return err
		}, "+++++."},
		{"MessageReceipts", func(ctx context.Context, p storage.Principal, class string, m storage.Message) error {
			_, err := s.MessageReceipts(ctx, p, class, m.ID)
			return err
		}, "+++++."},
		{"MayType", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, err := s.MayType(ctx, p, class)
			return err
		}, "+++++."},
		{"LastSeen", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, err := s.LastSeen(ctx, p, class, first)
			return err
		}, "+++++."},
		{"Attendance", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, err := s.Attendance(ctx, p, class, storage.Span{To: 1}, first)
			return err
		}, "++---."},
		{"Position", func(ctx context.Context, p storage.Principal, class string, _ storage.Message) error {
			_, err := s.Position(ctx, p, class)
			return err
		}, "+++++."},
	}
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			for i, p := range []storage.Principal{root, anna, clio, ben, dora, eve} {
				class := s.class(t)
				s.put(t, class, storage.Principal{User: "hugo"}, storage.Student)
				m := s.post(t, ben, class, "hello")
				head := s.head(t, class)
				want := map[byte]error{'+': nil, '-': storage.ErrForbidden, '.': storage.ErrNotFound}[c.allowed[i]]
				if err := c.call(t.Context(), p, class, m); !errors.Is(err, want) {
					t.Errorf("%s: error %v, want %v", p.User, err, want)
				}
				if want != nil {
					s.wantEvents(t, class, head)
				}
				if err := c.call(t.Context(), p, noClass, m); !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("%s, of no class: error %v", p.User, err)
				}
			}
		})
	}

	t.Run("what isn't there is not found", func(t *testing.T) {
		class := s.class(t)
		_, err := s.Member(t.Context(), anna, class, "nobody")
		wantError(t, err, storage.ErrNotFound)
		_, err = s.Message(t.Context(), anna, class, noClass)
		wantError(t, err, storage.ErrNotFound)
		_, err = s.EditMessage(t.Context(), anna, class, noClass, "changed", storage.AnyVersion)
		wantError(t, err, storage.ErrNotFound)
		wantError(t, s.DeleteMessage(t.Context(), anna, class, noClass, storage.AnyVersion), storage.ErrNotFound)
		wantError(t, s.RemoveMember(t.Context(), anna, class, "nobody", storage.AnyVersion), storage.ErrNotFound)
		_, err = s.MessageReceipts(t.Context(), anna, class, noClass)
		wantError(t, err, storage.ErrNotFound)
	})
}
