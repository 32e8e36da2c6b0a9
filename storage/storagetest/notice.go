package storagetest

import (
	"fmt"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

// soon is when a notice of the stories expires.
func soon() events.Time { return events.Now() + events.Time(time.Hour.Milliseconds()) }

// notify has root tell everybody something.
func (s *school) notify(t *testing.T, text string) events.Notice {
	t.Helper()
	n, err := s.CreateNotice(t.Context(), root, storage.NoticeDraft{Level: events.LevelWarning, Text: text, ExpiresAt: soon()})
	if err != nil {
		t.Fatalf("create notice: %v", err)
	}
	return n
}

// notices are all that haven't expired.
func (s *school) notices(t *testing.T) []events.Notice {
	t.Helper()
	return pages(t, func(page storage.Page) (storage.List[events.Notice], error) {
		page.Limit = 2
		return s.Notices(t.Context(), eve, page)
	})
}

// testNotices is what admins tell everybody.
func testNotices(t *testing.T, fresh Fresh) {
	t.Run("a notice is an event of the system, listed until it is withdrawn", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		one, two, three := s.notify(t, "one"), s.notify(t, "two"), s.notify(t, "three")
		equal(t, "notice", one, events.Notice{
			ID: one.ID, Level: events.LevelWarning, Text: "one", Author: "root", Version: 1, CreatedAt: one.CreatedAt, ExpiresAt: one.ExpiresAt,
		})
		equal(t, "notices", s.notices(t), []events.Notice{one, two, three})
		read, err := s.Notice(t.Context(), two.ID)
		wantError(t, err, nil)
		equal(t, "read", read, two)

		wantError(t, s.WithdrawNotice(t.Context(), root, two.ID), nil)
		equal(t, "notices", s.notices(t), []events.Notice{one, three})
		_, err = s.Notice(t.Context(), two.ID)
		wantError(t, err, storage.ErrNotFound)
		wantError(t, s.WithdrawNotice(t.Context(), root, two.ID), storage.ErrNotFound)
		logged := s.logged(t, events.SystemChannel, 0)
		equal(t, "events", len(logged), 4)
		var last events.Notice
		decode(t, logged[3], &last)
		if last.ID != two.ID || last.Version != 2 || last.ExpiresAt > events.Now() || last.Text != "two" {
			t.Errorf("withdrawn as %s", show(last))
		}
		for _, e := range logged {
			if e.Type != events.SystemNotice || e.Class != "" || e.Actor != "root" {
				t.Errorf("event %s", show(e))
			}
		}
		board, err := s.Noticeboard(t.Context())
		wantError(t, err, nil)
		equal(t, "board", board, events.Noticeboard{Extent: events.Extent{Head: 4}, Notices: []events.Notice{one, three}})
	})

	t.Run("only admins make and withdraw them", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		n := s.notify(t, "hands off")
		for _, p := range []storage.Principal{anna, ben} {
			_, err := s.CreateNotice(t.Context(), p, storage.NoticeDraft{Level: events.LevelInfo, Text: "x", ExpiresAt: soon()})
			wantError(t, err, storage.ErrForbidden)
			wantError(t, s.WithdrawNotice(t.Context(), p, n.ID), storage.ErrForbidden)
		}
		equal(t, "notices", s.notices(t), []events.Notice{n})
	})

	t.Run("there is an end to them", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		var last events.Notice
		for i := range storage.MaxNotices {
			last = s.notify(t, fmt.Sprint(i))
		}
		draft := storage.NoticeDraft{Level: events.LevelInfo, Text: "one too many", ExpiresAt: soon()}
		_, err := s.CreateNotice(t.Context(), root, draft)
		wantError(t, err, storage.ErrTooManyNotices)
		wantError(t, s.WithdrawNotice(t.Context(), root, last.ID), nil)
		_, err = s.CreateNotice(t.Context(), root, draft)
		wantError(t, err, nil)
	})

	t.Run("the same attempt makes one", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		draft := storage.NoticeDraft{
			Level: events.LevelInfo, Text: "once", ExpiresAt: soon(), Attempt: storage.Attempt{Path: "/notices", Key: "k", Fingerprint: "f"},
		}
		n, err := s.CreateNotice(t.Context(), root, draft)
		wantError(t, err, nil)
		_, err = s.CreateNotice(t.Context(), root, draft)
		wantRepeat(t, err, n.ID, 1, n)
		equal(t, "notices", s.notices(t), []events.Notice{n})
		if e := s.logged(t, events.SystemChannel, 0)[0]; e.ClientKey != "k" {
			t.Errorf("the event has the key %q", e.ClientKey)
		}
	})
}
