package storagetest

import (
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

// testInbox is what users are told of their own memberships, in their own channels.
func testInbox(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("users are told of what becomes of them, in one inbox for all classes", func(t *testing.T) {
		ida := storage.Principal{User: "ida", Role: storage.GlobalTeacher}
		here, there := s.class(t), s.create(t, ida, "Ida's").ID
		head := s.head(t, here)
		s.put(t, here, ida, storage.Student)
		s.put(t, here, ida, storage.Student) // nothing new
		s.put(t, here, ida, storage.Assistant)
		wantError(t, s.RemoveMember(t.Context(), anna, here, "ida", storage.AnyVersion), nil)
		_, _, err := s.PutMember(t.Context(), ben, here, "ida", storage.MemberChange{Role: storage.Student}, storage.AnyVersion)
		wantError(t, err, storage.ErrForbidden)
		s.wantInbox(t, "ida", 0,
			events.Notification{Kind: events.MemberJoined, Class: there, Seq: 1, Role: "teacher"},
			events.Notification{Kind: events.MemberJoined, Class: here, Seq: head + 1, Role: "student"},
			events.Notification{Kind: events.MemberUpdated, Class: here, Seq: head + 2, Role: "assistant"},
			events.Notification{Kind: events.MemberLeft, Class: here, Seq: head + 3, Role: "assistant"},
		)
	})

	t.Run("one who joins again is told again", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		s.put(t, class, eve, storage.Student)
		wantError(t, s.RemoveMember(t.Context(), eve, class, "eve", storage.AnyVersion), nil)
		s.put(t, class, eve, storage.Assistant)
		s.wantInbox(t, "eve", 0,
			events.Notification{Kind: events.MemberJoined, Class: class, Seq: head + 1, Role: "student"},
			events.Notification{Kind: events.MemberLeft, Class: class, Seq: head + 2, Role: "student"},
			events.Notification{Kind: events.MemberJoined, Class: class, Seq: head + 3, Role: "assistant"},
		)
	})
}
