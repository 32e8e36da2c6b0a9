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

// testMentions is who is named in a message, and told.
func testMentions(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("members who are named are told, others are text", func(t *testing.T) {
		class := s.class(t)
		at := s.inboxHead(t, "ben")
		m := s.post(t, anna, class, "@ben, @eve and @clio: see @ben. Mail x@dora")
		equal(t, "mentions", m.Mentions, []string{"ben", "clio"})
		equal(t, "read", s.message(t, class, m.ID), m)
		s.wantInbox(t, "ben", at, events.Notification{Kind: events.MessageMention, Class: class, Seq: m.Seq, Subject: m.ID, Text: *m.Text})
		all, _ := s.inbox(t, clio, everything)
		want := all[0]
		want.Kind, want.Class, want.Seq, want.Actor, want.Subject, want.Text = events.MessageMention, class, m.Seq, "anna", m.ID, *m.Text
		equal(t, "listed", all[0], want)
	})

	t.Run("one who names oneself, or replies to oneself, is not told", func(t *testing.T) {
		class := s.class(t)
		at := s.inboxHead(t, "anna")
		m := s.post(t, anna, class, "I, @anna")
		equal(t, "mentions", m.Mentions, []string{"anna"})
		s.reply(t, anna, m, "and me, @anna")
		s.wantInbox(t, "anna", at)
	})

	t.Run("the author of what is replied to is told once, as named if so", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, ben, class, "Question?")
		at := s.inboxHead(t, "ben")
		one, two := s.reply(t, anna, m, "Answer."), s.reply(t, clio, m, "Right, @ben and @anna")
		s.wantInbox(t, "ben", at,
			events.Notification{Kind: events.MessageReply, Class: class, Seq: one.Seq, Subject: one.ID, Text: "Answer."},
			events.Notification{Kind: events.MessageMention, Class: class, Seq: two.Seq, Subject: two.ID, Text: *two.Text})
	})

	t.Run("who has left is not told, and sees nothing of it any more", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, dora, class, "Bye")
		s.post(t, anna, class, "@dora, wait")
		s.wantListed(t, dora, storage.NotificationFilter{Class: class}, "message.mention @dora, wait", "member.joined")
		wantError(t, s.RemoveMember(t.Context(), dora, class, "dora", storage.AnyVersion), nil)
		at := s.inboxHead(t, "dora")
		n := s.post(t, anna, class, "Where is @dora?")
		equal(t, "mentions", n.Mentions, []string{})
		s.reply(t, anna, m, "Bye!")
		s.wantInbox(t, "dora", at)
		s.wantListed(t, dora, storage.NotificationFilter{Class: class}, "member.left *", "member.joined")
	})

	t.Run("an edit names anew, tells only who wasn't named before, and rewords what others were told", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, anna, class, "@ben come")
		ofBen, ofClio := s.inboxHead(t, "ben"), s.inboxHead(t, "clio")
		edited, err := s.EditMessage(t.Context(), anna, class, m.ID, "@clio and @ben come", storage.AnyVersion)
		wantError(t, err, nil)
		equal(t, "mentions", edited.Mentions, []string{"clio", "ben"})
		equal(t, "read", s.message(t, class, m.ID), edited)
		s.wantInbox(t, "ben", ofBen)
		s.wantInbox(t, "clio", ofClio, events.Notification{Kind: events.MessageMention, Class: class, Seq: m.Seq + 1, Subject: m.ID, Text: *edited.Text})
		s.wantListed(t, ben, storage.NotificationFilter{Class: class}, "message.mention @clio and @ben come", "member.joined")
	})

	t.Run("what is said of a deleted message is gone", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, anna, class, "@ben secret")
		wantError(t, s.DeleteMessage(t.Context(), anna, class, m.ID, storage.AnyVersion), nil)
		equal(t, "mentions", s.message(t, class, m.ID).Mentions, []string{})
		s.wantListed(t, ben, storage.NotificationFilter{Class: class}, "member.joined")
	})

	t.Run("a message that names nobody costs no read", func(t *testing.T) {
		driver, err := fresh(t)(t.Context())
		wantError(t, err, nil)
		views := &viewCounter{Driver: driver}
		s := newSchoolOn(t, views)
		class := s.class(t)
		before := views.n.Load()
		s.post(t, ben, class, "nobody, and nobody@nowhere")
		equal(t, "reads", views.n.Load()-before, int64(0))
		s.post(t, ben, class, "@anna")
		equal(t, "reads", views.n.Load()-before, int64(1))
	})

	t.Run("there is an end to them", func(t *testing.T) {
		class := s.class(t)
		text := ""
		for i := range storage.MaxMentions + 5 {
			p := storage.Principal{User: fmt.Sprint("crowd-", i)}
			s.put(t, class, p, storage.Student)
			text += " @" + p.User
		}
		equal(t, "mentions", len(s.post(t, anna, class, text).Mentions), storage.MaxMentions)
	})

	t.Run("all name each other at once", func(t *testing.T) {
		class := s.class(t)
		people := []storage.Principal{anna, ben, clio, dora}
		done := make(chan error)
		const each = 10
		for _, p := range people {
			go func() {
				var err error
				for range each {
					if _, e := s.CreateMessage(t.Context(), p, class, storage.MessageDraft{Text: "@dora @clio @ben @anna"}); e != nil {
						err = e
					}
				}
				done <- err
			}()
		}
		for range people {
			wantError(t, <-done, nil)
		}
		for _, p := range people {
			all, _ := s.inbox(t, p, storage.NotificationFilter{Class: class, Kind: events.MessageMention})
			equal(t, "mentions of "+p.User, len(all), each*(len(people)-1))
		}
	})
}

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

// testPreferences is what users want to be told.
func testPreferences(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))
	put := func(t *testing.T, p storage.Principal, change storage.PreferencesChange, version int64) (events.Preferences, error) {
		t.Helper()
		return s.PutPreferences(t.Context(), p, change, version)
	}

	t.Run("are empty at first, and then what was set", func(t *testing.T) {
		none, err := s.Preferences(t.Context(), eve)
		wantError(t, err, nil)
		equal(t, "preferences", none, events.Preferences{MutedClasses: []string{}, Version: 1})
		change := storage.PreferencesChange{
			MutedClasses: []string{noClass}, QuietHours: &events.QuietHours{From: "22:00", To: "07:00", TimeZone: "Europe/Berlin"},
		}
		set, err := put(t, eve, change, 1)
		wantError(t, err, nil)
		equal(t, "set", set, events.Preferences{MutedClasses: change.MutedClasses, QuietHours: change.QuietHours, Version: 2})
		again, err := put(t, eve, change, storage.AnyVersion)
		wantError(t, err, nil)
		equal(t, "set again", again, set)
		read, err := s.Preferences(t.Context(), eve)
		wantError(t, err, nil)
		equal(t, "read", read, set)
		_, err = put(t, eve, storage.PreferencesChange{}, 1)
		wantStale(t, err, set)
		cleared, err := put(t, eve, storage.PreferencesChange{}, 2)
		wantError(t, err, nil)
		equal(t, "cleared", cleared, events.Preferences{MutedClasses: []string{}, Version: 3})
		logged := s.logged(t, events.UserChannel("eve"), 0)
		equal(t, "events", len(logged), 2)
		var told events.Preferences
		decode(t, logged[0], &told)
		equal(t, "told", told, set)
	})

	t.Run("silence what is told to one", func(t *testing.T) {
		loud, muted := s.class(t), s.class(t)
		_, err := put(t, ben, storage.PreferencesChange{MutedClasses: []string{muted}}, storage.AnyVersion)
		wantError(t, err, nil)
		at := s.inboxHead(t, "ben")
		one, two := s.post(t, anna, loud, "@ben"), s.post(t, anna, muted, "@ben")
		s.wantInbox(t, "ben", at,
			events.Notification{Kind: events.MessageMention, Class: loud, Seq: one.Seq, Subject: one.ID, Text: "@ben"},
			events.Notification{Kind: events.MessageMention, Class: muted, Seq: two.Seq, Subject: two.ID, Text: "@ben", Silent: true})

		now := time.Now().UTC()
		quiet := &events.QuietHours{From: now.Add(-time.Hour).Format("15:04"), To: now.Add(time.Hour).Format("15:04"), TimeZone: "UTC"}
		_, err = put(t, ben, storage.PreferencesChange{QuietHours: quiet}, storage.AnyVersion)
		wantError(t, err, nil)
		at = s.inboxHead(t, "ben")
		_, _, err = s.PutMember(t.Context(), anna, loud, "ben", storage.MemberChange{Role: storage.Assistant}, storage.AnyVersion)
		wantError(t, err, nil)
		s.wantInbox(t, "ben", at, events.Notification{Kind: events.MemberUpdated, Class: loud, Seq: one.Seq + 1, Role: "assistant", Silent: true})
	})

	t.Run("are told of many at once", func(t *testing.T) {
		set, err := s.UserPreferences(t.Context(), []string{"eve", "nobody"})
		wantError(t, err, nil)
		equal(t, "versions", []int64{set["eve"].Version, set["nobody"].Version}, []int64{3, 1})
	})
}
