package storagetest

import (
	"fmt"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

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
