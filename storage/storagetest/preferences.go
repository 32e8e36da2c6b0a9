package storagetest

import (
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

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
