package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

// draftOf is a bulletin to be published at once.
func draftOf(kind storage.BulletinKind) storage.BulletinDraft {
	draft := storage.BulletinDraft{Kind: kind, Title: "Trip", Text: "To the sea", RequiresAcknowledgement: true}
	if kind == storage.Assignment {
		draft.DueAt, draft.Reminders = ahead(time.Hour), []int64{60, 600}
	}
	return draft
}

// scheduled is a bulletin to be published in an hour.
func scheduled(kind storage.BulletinKind) storage.BulletinDraft {
	draft := draftOf(kind)
	draft.PublishAt = ahead(time.Hour)
	if kind == storage.Assignment {
		draft.DueAt = ahead(2 * time.Hour)
	}
	return draft
}

// ahead is a time some while from now.
func ahead(by time.Duration) events.Time { return events.Now() + events.Time(by.Milliseconds()) }

func keyOf(m storage.BulletinView) storage.BulletinKey {
	return storage.BulletinKey{Class: m.Class, Kind: m.Kind, ID: m.ID}
}

// announce has anna create a bulletin.
func (s *school) announce(t *testing.T, class string, draft storage.BulletinDraft) storage.BulletinView {
	t.Helper()
	m, err := s.CreateBulletin(t.Context(), anna, class, draft)
	if err != nil {
		t.Fatalf("create bulletin: %v", err)
	}
	return m
}

// bulletin is a bulletin as somebody sees it.
func (s *school) bulletin(t *testing.T, p storage.Principal, key storage.BulletinKey) storage.BulletinView {
	t.Helper()
	m, err := s.Bulletin(t.Context(), p, key)
	if err != nil {
		t.Fatalf("read bulletin: %v", err)
	}
	return m
}

// bulletins is all of a kind that somebody sees.
func (s *school) bulletins(t *testing.T, p storage.Principal, class string, kind storage.BulletinKind, pinned *bool, limit int) []storage.BulletinView {
	t.Helper()
	return pages(t, func(page storage.Page) (storage.List[storage.BulletinView], error) {
		page.Limit = limit
		return s.Bulletins(t.Context(), p, class, kind, pinned, page)
	})
}

// bulletinEvents are the types of a kind's events.
var bulletinEvents = map[storage.BulletinKind]struct{ created, updated, deleted events.Type }{
	storage.Announcement: {events.AnnouncementCreated, events.AnnouncementUpdated, events.AnnouncementDeleted},
	storage.Assignment:   {events.AssignmentCreated, events.AssignmentUpdated, events.AssignmentDeleted},
}

func testBulletins(t *testing.T, fresh Fresh) {
	for kind, types := range bulletinEvents {
		t.Run(string(kind), func(t *testing.T) {
			s := newSchool(t, fresh(t))
			testBulletinLife(t, s, kind)

			t.Run("is repeated under its key", func(t *testing.T) {
				class := s.class(t)
				draft := draftOf(kind)
				draft.Attempt = storage.Attempt{Path: "/bulletins", Key: "k", Fingerprint: "f"}
				m := s.announce(t, class, draft)
				head := s.head(t, class)
				draft.PublishAt = 1 // a retry may come when its time has passed
				_, err := s.CreateBulletin(t.Context(), anna, class, draft)
				wantRepeat(t, err, m.ID, 1, m)
				draft.Attempt.Fingerprint = "g"
				_, err = s.CreateBulletin(t.Context(), anna, class, draft)
				wantError(t, err, storage.ErrKeyReused)
				s.wantEvents(t, class, head)
			})

			t.Run("of an archived class is only read", func(t *testing.T) {
				class := s.class(t)
				m := s.announce(t, class, draftOf(kind))
				s.archive(t, class, true)
				head := s.head(t, class)
				_, err := s.CreateBulletin(t.Context(), anna, class, draftOf(kind))
				wantError(t, err, storage.ErrClassArchived)
				title := "New"
				_, err = s.UpdateBulletin(t.Context(), anna, keyOf(m), storage.BulletinChange{Title: &title}, storage.AnyVersion)
				wantError(t, err, storage.ErrClassArchived)
				wantError(t, s.DeleteBulletin(t.Context(), anna, keyOf(m), storage.AnyVersion), storage.ErrClassArchived)
				equal(t, "still there", s.bulletin(t, anna, keyOf(m)), m)
				s.wantEvents(t, class, head)
			})

			t.Run("that is not published yet is the teachers' affair", func(t *testing.T) {
				class := s.class(t)
				head := s.head(t, class)
				m := s.announce(t, class, scheduled(kind))
				title := "New"
				changed, err := s.UpdateBulletin(t.Context(), anna, keyOf(m), storage.BulletinChange{Title: &title}, 1)
				wantError(t, err, nil)
				if m.Seq != nil || m.PublishedAt != 0 || m.PublishAt == 0 || changed.Version != 2 || changed.Title != title {
					t.Errorf("scheduled %s, changed %s", show(m), show(changed))
				}
				for _, p := range []storage.Principal{anna, root} {
					equal(t, "to "+p.User, s.bulletin(t, p, keyOf(m)), changed)
					equal(t, "listed to "+p.User, s.bulletins(t, p, class, kind, nil, 10), []storage.BulletinView{changed})
				}
				for _, p := range []storage.Principal{clio, ben} {
					_, err := s.Bulletin(t.Context(), p, keyOf(m))
					wantError(t, err, storage.ErrNotFound)
					_, err = s.Acknowledge(t.Context(), p, keyOf(m))
					wantError(t, err, storage.ErrNotFound)
					equal(t, "listed to "+p.User, len(s.bulletins(t, p, class, kind, nil, 10)), 0)
				}
				_, err = s.Acknowledge(t.Context(), anna, keyOf(m))
				wantError(t, err, storage.ErrNotPublished)
				other := s.announce(t, class, scheduled(kind))
				wantError(t, s.DeleteBulletin(t.Context(), anna, keyOf(other), 1), nil)
				s.wantEvents(t, class, head) // none

				at := events.Time(0)
				published, err := s.UpdateBulletin(t.Context(), anna, keyOf(m), storage.BulletinChange{PublishAt: &at}, 2)
				wantError(t, err, nil)
				if published.Version != 3 || published.PublishedAt == 0 || published.PublishAt != 0 || *published.Seq != head+1 {
					t.Errorf("published %s", show(published))
				}
				s.wantEvents(t, class, head, event{types.created, "anna", published.Bulletin})
				equal(t, "to ben", s.bulletin(t, ben, keyOf(m)), published)
				later := ahead(time.Hour)
				_, err = s.UpdateBulletin(t.Context(), anna, keyOf(m), storage.BulletinChange{PublishAt: &later}, storage.AnyVersion)
				wantError(t, err, storage.ErrPublished)
			})
		})
	}

	t.Run("times that can't be meant", func(t *testing.T) { testBulletinTimes(t, newSchool(t, fresh(t))) })
	t.Run("lists", func(t *testing.T) { testBulletinLists(t, newSchool(t, fresh(t))) })
}

// testBulletinLife is what becomes of a bulletin that is published at once.
func testBulletinLife(t *testing.T, s *school, kind storage.BulletinKind) {
	types := bulletinEvents[kind]
	class := s.class(t)
	head := s.head(t, class)
	m := s.announce(t, class, draftOf(kind))
	want := storage.BulletinView{Bulletin: storage.Bulletin{
		Kind: kind, ID: m.ID, Class: class, Seq: new(head + 1), Author: "anna", Title: "Trip", Text: "To the sea",
		RequiresAcknowledgement: true, PublishedAt: m.CreatedAt, Version: 1, CreatedAt: m.CreatedAt, UpdatedAt: m.CreatedAt,
		NotificationID: m.NotificationID,
	}, Tally: storage.Tally{MemberCount: 3}}
	if kind == storage.Announcement {
		want.Pinned = new(false)
	} else {
		want.DueAt, want.Reminders = m.DueAt, []int64{600, 60}
	}
	equal(t, "created", m, want)
	if m.NotificationID == "" || m.CreatedAt == 0 {
		t.Errorf("created %+v", m)
	}
	for _, p := range []storage.Principal{root, anna, ben} {
		equal(t, "read by "+p.User, s.bulletin(t, p, keyOf(m)), m)
	}

	text, no := "To the mountains", false
	changed, err := s.UpdateBulletin(t.Context(), anna, keyOf(m), storage.BulletinChange{Text: &text, RequiresAcknowledgement: &no}, 1)
	wantError(t, err, nil)
	want.Text, want.RequiresAcknowledgement, want.Version, want.UpdatedAt = text, no, 2, changed.UpdatedAt
	equal(t, "changed", changed, want)
	equal(t, "read again", s.bulletin(t, ben, keyOf(m)), want)
	again, err := s.UpdateBulletin(t.Context(), anna, keyOf(m), storage.BulletinChange{Text: &text}, 2)
	wantError(t, err, nil)
	equal(t, "changed to what it is", again, want)
	_, err = s.UpdateBulletin(t.Context(), anna, keyOf(m), storage.BulletinChange{Text: &text}, 1)
	wantStale(t, err, want)
	wantStale(t, s.DeleteBulletin(t.Context(), anna, keyOf(m), 1), want)

	other := storage.BulletinKey{Class: class, Kind: storage.Announcement, ID: m.ID}
	if kind == storage.Announcement {
		other.Kind = storage.Assignment
	}
	elsewhere := keyOf(m)
	elsewhere.Class = s.class(t)
	for _, key := range []storage.BulletinKey{other, elsewhere, {Class: class, Kind: kind, ID: noClass}} {
		_, err := s.Bulletin(t.Context(), anna, key)
		wantError(t, err, storage.ErrNotFound)
		_, err = s.UpdateBulletin(t.Context(), anna, key, storage.BulletinChange{Text: &text}, storage.AnyVersion)
		wantError(t, err, storage.ErrNotFound)
		wantError(t, s.DeleteBulletin(t.Context(), anna, key, storage.AnyVersion), storage.ErrNotFound)
		_, err = s.Acknowledge(t.Context(), anna, key)
		wantError(t, err, storage.ErrNotFound)
		_, err = s.Acknowledgements(t.Context(), anna, key, storage.AnyState, storage.Page{Limit: 5})
		wantError(t, err, storage.ErrNotFound)
	}

	wantError(t, s.DeleteBulletin(t.Context(), anna, keyOf(m), 2), nil)
	wantError(t, s.DeleteBulletin(t.Context(), anna, keyOf(m), storage.AnyVersion), storage.ErrNotFound)
	_, err = s.Bulletin(t.Context(), anna, keyOf(m))
	wantError(t, err, storage.ErrNotFound)
	equal(t, "left", len(s.bulletins(t, anna, class, kind, nil, 5)), 0)
	s.wantEvents(t, class, head, event{types.created, "anna", m.Bulletin}, event{types.updated, "anna", changed.Bulletin},
		event{types.deleted, "anna", map[string]string{"id": m.ID}})
}

func testBulletinTimes(t *testing.T, s *school) {
	class := s.class(t)
	head := s.head(t, class)
	const day = 24 * time.Hour
	m := s.announce(t, class, scheduled(storage.Assignment))
	for _, c := range []struct {
		name         string
		publish, due events.Time
		want         string // the field at fault
	}{
		{"published in the past", ahead(-time.Second), ahead(time.Hour), "publish_at"},
		{"published in more than a year", ahead(367 * day), ahead(368 * day), "publish_at"},
		{"due in the past", 0, ahead(-time.Second), "due_at"},
		{"due in more than a year", 0, ahead(367 * day), "due_at"},
		{"due before it is published", ahead(time.Hour), ahead(time.Hour / 2), "due_at"},
		{"due when it is published", m.PublishAt, m.PublishAt, "due_at"},
		{"in half a year", ahead(180 * day), ahead(181 * day), ""},
		{"at once", 0, ahead(time.Minute), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			draft := draftOf(storage.Assignment)
			draft.PublishAt, draft.DueAt = c.publish, c.due
			if c.want != "" {
				_, err := s.CreateBulletin(t.Context(), anna, class, draft)
				wantField(t, err, c.want)
				s.wantEvents(t, class, head)
			}
			_, err := s.UpdateBulletin(t.Context(), anna, keyOf(m), storage.BulletinChange{PublishAt: &c.publish, DueAt: &c.due}, storage.AnyVersion)
			wantField(t, err, c.want)
		})
	}
}

// wantField checks that an error is a [*storage.FieldError] about a field, or with "" that there is none.
func wantField(t *testing.T, err error, field string) {
	t.Helper()
	if field == "" {
		wantError(t, err, nil)
		return
	}
	if of, ok := errors.AsType[*storage.FieldError](err); !ok || of.Field != field {
		t.Errorf("error %v, want one about %s", err, field)
	}
}

func testBulletinLists(t *testing.T, s *school) {
	class := s.class(t)
	s.announce(t, class, draftOf(storage.Assignment))
	var want, pinned, published []storage.BulletinView
	for i := range 5 {
		draft := draftOf(storage.Announcement)
		draft.Title, draft.Pinned = fmt.Sprint(i), i%2 == 0
		m := s.announce(t, class, draft)
		want, published = append(want, m), append(published, m)
	}
	for i := range 3 {
		draft := draftOf(storage.Announcement)
		draft.PublishAt = ahead(time.Hour) + events.Time(i)
		want = append(want, s.announce(t, class, draft))
	}
	byPlace := func(a, b storage.BulletinView) int { // the last first
		if a.ListedAt() != b.ListedAt() {
			return int(b.ListedAt() - a.ListedAt())
		}
		return slices.Compare([]byte(b.ID), []byte(a.ID))
	}
	slices.SortFunc(want, byPlace)
	slices.SortFunc(published, byPlace)
	for _, m := range published {
		if *m.Pinned {
			pinned = append(pinned, m)
		}
	}
	for _, limit := range []int{1, 2, 4, 8, 9} {
		equal(t, fmt.Sprintf("teacher's by %d", limit), s.bulletins(t, anna, class, storage.Announcement, nil, limit), want)
		equal(t, fmt.Sprintf("student's by %d", limit), s.bulletins(t, ben, class, storage.Announcement, nil, limit), published)
		equal(t, fmt.Sprintf("pinned by %d", limit), s.bulletins(t, ben, class, storage.Announcement, new(true), limit), pinned)
	}
	equal(t, "not pinned", len(s.bulletins(t, ben, class, storage.Announcement, new(false), 9)), 2)
	list, err := s.Bulletins(t.Context(), ben, class, storage.Announcement, nil, storage.Page{Limit: 1})
	wantError(t, err, nil)
	equal(t, "cursor", list.At.Class, s.head(t, class))
	for _, after := range []string{"YQ", "MQ", "!"} {
		_, err := s.Bulletins(t.Context(), ben, class, storage.Announcement, nil, storage.Page{Limit: 1, After: after})
		wantError(t, err, storage.ErrPage)
	}
}
