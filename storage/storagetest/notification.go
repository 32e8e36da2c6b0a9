package storagetest

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"homeroom/events"
	"homeroom/storage"
)

// inbox is all of a user's notifications that a filter leaves, and how many are unread.
func (s *school) inbox(t *testing.T, p storage.Principal, filter storage.NotificationFilter) (all []events.Listed, unread int64) {
	t.Helper()
	all = pages(t, func(page storage.Page) (storage.List[events.Listed], error) {
		page.Limit = 2
		inbox, err := s.Notifications(t.Context(), p, filter, page)
		unread = inbox.Unread
		return inbox.List, err
	})
	return all, unread
}

// wantUnread checks how many notifications a user hasn't read, by the count and by the filter.
func (s *school) wantUnread(t *testing.T, p storage.Principal, want int) {
	t.Helper()
	all, unread := s.inbox(t, p, storage.NotificationFilter{Unread: true})
	if len(all) != want || unread != int64(want) {
		t.Errorf("%s has %d unread and %d are counted, want %d: %s", p.User, len(all), unread, want, show(all))
	}
}

// wantListed checks a user's list, the newest first: each as KIND TEXT, with an asterisk if it is read.
func (s *school) wantListed(t *testing.T, p storage.Principal, filter storage.NotificationFilter, want ...string) {
	t.Helper()
	all, _ := s.inbox(t, p, filter)
	var got []string
	for _, n := range all {
		line := strings.TrimSpace(string(n.Kind) + " " + n.Text)
		if n.Read {
			line += " *"
		}
		got = append(got, line)
	}
	equal(t, "list of "+p.User, got, want)
}

func (s *school) read(t *testing.T, p storage.Principal, marks storage.ReadMarks) int64 {
	t.Helper()
	unread, err := s.ReadNotifications(t.Context(), p, marks)
	wantError(t, err, nil)
	return unread
}

var everything storage.NotificationFilter

// publish has anna announce something.
func (s *school) publish(t *testing.T, class, text string) storage.BulletinView {
	t.Helper()
	draft := storage.BulletinDraft{Kind: storage.Announcement, Title: "Title", Text: text}
	view, err := s.CreateBulletin(t.Context(), anna, class, draft)
	if err != nil {
		t.Fatalf("publish: %v", err)
	}
	return view
}

// until waits for a moment that is milliseconds away: what happens then has another time.
func (s *school) until(t *testing.T, at events.Time) {
	t.Helper()
	select {
	case <-time.After(time.Until(at.Std())):
	case <-t.Context().Done():
	}
}

// viewCounter counts the snapshots that are read.
type viewCounter struct {
	storage.Driver
	n atomic.Int64
}

// View implements [storage.Driver].
func (c *viewCounter) View(ctx context.Context, read func(storage.Reader) error) error {
	c.n.Add(1)
	return c.Driver.View(ctx, read)
}

// inboxHead is the seq of the newest entry of a user's inbox.
func (s *school) inboxHead(t *testing.T, user string) int64 {
	t.Helper()
	channel := events.UserChannel(user)
	at, err := s.Heads(t.Context(), []events.Channel{channel})
	wantError(t, err, nil)
	return at.Extents[channel].Head
}

// testNotifications is the inbox: what is in it, and what was read of it.
func testNotifications(t *testing.T, fresh Fresh) {
	t.Run("has all classes and the system, the newest first", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		here, there := s.class(t), s.class(t)
		s.post(t, anna, here, "@ben one")
		s.post(t, anna, there, "@ben two")
		n := s.notify(t, "three")
		s.wantListed(t, ben, everything, "system.notice three", "message.mention @ben two", "message.mention @ben one", "member.joined", "member.joined")
		s.wantListed(t, ben, storage.NotificationFilter{Class: there}, "message.mention @ben two", "member.joined")
		s.wantListed(t, ben, storage.NotificationFilter{Kind: events.MessageMention}, "message.mention @ben two", "message.mention @ben one")
		s.wantListed(t, eve, everything, "system.notice three")
		s.wantListed(t, root, everything, "system.notice three *") // who made it has read it
		s.wantUnread(t, ben, 5)
		s.wantUnread(t, eve, 1)
		s.wantUnread(t, root, 0)
		s.wantUnread(t, anna, 1) // who makes a class knows

		wantError(t, s.WithdrawNotice(t.Context(), root, n.ID), nil)
		s.wantListed(t, eve, everything)
		wantError(t, s.DeleteClass(t.Context(), anna, here, storage.AnyVersion), nil)
		s.wantListed(t, ben, everything, "message.mention @ben two", "member.joined", "member.joined")
	})

	t.Run("is read up to a mark, one by one, and never less", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		class := s.class(t)
		for i := range 6 {
			s.post(t, anna, class, fmt.Sprint("@ben ", i))
		}
		all, _ := s.inbox(t, ben, everything)
		equal(t, "unread", s.read(t, ben, storage.ReadMarks{UpTo: all[4].ID}), int64(4)) // the joining and 0, 1
		equal(t, "unread", s.read(t, ben, storage.ReadMarks{IDs: []string{all[1].ID, all[3].ID, all[6].ID}}), int64(2))
		equal(t, "unread", s.read(t, ben, storage.ReadMarks{UpTo: all[6].ID}), int64(2))
		s.wantListed(t, ben, storage.NotificationFilter{Kind: events.MessageMention}, "message.mention @ben 5", "message.mention @ben 4 *",
			"message.mention @ben 3", "message.mention @ben 2 *", "message.mention @ben 1 *", "message.mention @ben 0 *")
		s.wantListed(t, ben, storage.NotificationFilter{Unread: true}, "message.mention @ben 5", "message.mention @ben 3")
		s.wantUnread(t, ben, 2)
		s.wantUnread(t, dora, 1) // what one reads is nobody else's
		equal(t, "unread", s.read(t, ben, storage.ReadMarks{UpTo: all[0].ID}), int64(0))
	})

	t.Run("marks have an end: what is older than all of them is read", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		class := s.class(t)
		s.post(t, anna, class, "@ben old")
		for range storage.MaxReadMarks/100 + 1 {
			var marks storage.ReadMarks
			for range 100 {
				marks.IDs = append(marks.IDs, uuid.Must(uuid.NewV7()).String())
			}
			s.read(t, ben, marks)
		}
		s.wantUnread(t, ben, 0)
		s.post(t, anna, class, "@ben after")
		s.wantUnread(t, ben, 1)
	})

	t.Run("a muted class counts only what is for oneself", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		class := s.class(t)
		_, err := s.PutPreferences(t.Context(), ben, storage.PreferencesChange{MutedClasses: []string{class}}, storage.AnyVersion)
		wantError(t, err, nil)
		s.post(t, anna, class, "@ben for you")
		s.publish(t, class, "for all")
		s.wantUnread(t, ben, 2)
		s.wantUnread(t, dora, 2)
		s.wantListed(t, ben, everything, "announcement.created for all", "message.mention @ben for you", "member.joined")
	})

	t.Run("has what was told to all of a class, as it is now, from when one joined it", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		class := s.class(t)
		early, gone := s.publish(t, class, "early"), s.publish(t, class, "gone")
		equal(t, "rows", len(s.logged(t, events.BroadcastChannel, 0)), 2) // however many they are told to
		s.until(t, early.PublishedAt+1)
		s.put(t, class, eve, storage.Student)
		s.wantListed(t, eve, everything, "member.joined")
		text, key := "new", storage.BulletinKey{Class: class, Kind: storage.Announcement, ID: early.ID}
		_, err := s.UpdateBulletin(t.Context(), anna, key, storage.BulletinChange{Text: &text}, storage.AnyVersion)
		wantError(t, err, nil)
		key.ID = gone.ID
		wantError(t, s.DeleteBulletin(t.Context(), anna, key, storage.AnyVersion), nil)
		s.wantListed(t, ben, everything, "announcement.created new", "member.joined")
		s.wantListed(t, anna, everything, "announcement.created new *", "member.joined *")
		s.wantListed(t, root, everything)
		s.publish(t, class, "late")
		s.wantListed(t, eve, everything, "announcement.created late", "member.joined")
		all, _ := s.inbox(t, ben, storage.NotificationFilter{Kind: events.AnnouncementCreated})
		if n := all[1]; n.Title != "Title" || n.Subject != early.ID || n.Seq != *early.Seq || n.Actor != "anna" || n.Class != class {
			t.Errorf("listed as %s", show(n))
		}
		wantError(t, s.RemoveMember(t.Context(), anna, class, "ben", storage.AnyVersion), nil)
		s.wantListed(t, ben, everything, "member.left", "member.joined")
		wantError(t, s.DeleteClass(t.Context(), anna, class, storage.AnyVersion), nil)
		s.wantListed(t, dora, everything, "member.joined")
	})

	t.Run("is trimmed by age", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		s.tape.mayTrim()
		class := s.class(t)
		for i := range 300 {
			s.post(t, anna, class, fmt.Sprint("@ben ", i))
		}
		all, _ := s.inbox(t, ben, everything)
		s.read(t, ben, storage.ReadMarks{IDs: []string{all[5].ID}})
		const long = 1000 * time.Hour
		n, err := s.Trim(t.Context(), storage.Retention{Age: long, Count: 1000, Notifications: long})
		wantError(t, err, nil)
		equal(t, "trimmed", n, 0)
		n, err = s.Trim(t.Context(), storage.Retention{Age: long, Count: 1000, Notifications: -time.Hour})
		wantError(t, err, nil)
		equal(t, "trimmed", n, 300+4+1) // the joinings, and the mark
		s.wantListed(t, ben, everything)
		s.wantUnread(t, ben, 0)
		s.post(t, anna, class, "@ben again")
		s.wantUnread(t, ben, 1)
	})

	t.Run("takes no page that it didn't give", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		_, err := s.Notifications(t.Context(), ben, everything, storage.Page{Limit: 1, After: "!"})
		wantError(t, err, storage.ErrPage)
	})
}
