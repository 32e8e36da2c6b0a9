package storagetest

import (
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

func testPositions(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))
	position := func(t *testing.T, s *school, p storage.Principal, class string) *events.Cursor {
		t.Helper()
		at, err := s.Position(t.Context(), p, class)
		wantError(t, err, nil)
		return at
	}
	at := func(class string, seq int64) events.Cursor {
		return events.Cursor{Epoch: "epoch1", Class: seq, User: seq + 1, System: seq + 2, Tag: events.ClassTag(class)}
	}

	t.Run("none is known at first", func(t *testing.T) {
		if got := position(t, s, ben, s.class(t)); got != nil {
			t.Errorf("position %s", got)
		}
	})

	t.Run("the last one stands, also where it is further back", func(t *testing.T) {
		class, other := s.class(t), s.class(t)
		head := s.head(t, class)
		for _, seq := range []int64{3, 7, 5} {
			want := at(class, seq)
			wantError(t, s.PutPosition(t.Context(), ben, class, want), nil)
			equal(t, "position", position(t, s, ben, class), &want)
		}
		if position(t, s, dora, class) != nil || position(t, s, ben, other) != nil {
			t.Error("it is somebody else's, or another class's, too")
		}
		s.wantEvents(t, class, head)
	})

	t.Run("an admin who is no member has one too", func(t *testing.T) {
		class := s.class(t)
		want := at(class, 2)
		wantError(t, s.PutPosition(t.Context(), root, class, want), nil)
		equal(t, "position", position(t, s, root, class), &want)
	})

	t.Run("nothing is kept of a class that one may no longer read", func(t *testing.T) {
		class := s.class(t)
		wantError(t, s.RemoveMember(t.Context(), anna, class, "ben", storage.AnyVersion), nil)
		wantError(t, s.PutPosition(t.Context(), ben, class, at(class, 3)), nil)
		wantError(t, s.PutPosition(t.Context(), eve, class, at(class, 3)), nil)
		wantError(t, s.PutPosition(t.Context(), anna, noClass, at(noClass, 3)), nil)
		s.put(t, class, ben, storage.Student)
		if got := position(t, s, ben, class); got != nil {
			t.Errorf("position %s", got)
		}
	})

	t.Run("a restart keeps it", func(t *testing.T) {
		open := fresh(t)
		first := newSchool(t, open)
		class := first.class(t)
		want := at(class, 4)
		wantError(t, first.PutPosition(t.Context(), ben, class, want), nil)
		wantError(t, first.Close(), nil)
		equal(t, "position", position(t, newSchool(t, open), ben, class), &want)
	})
}
