package storagetest

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

// revoked are all revocations in force.
func (s *school) revoked(t *testing.T) []events.Revocation {
	t.Helper()
	list, err := s.Revocations(t.Context())
	if err != nil {
		t.Fatalf("revocations: %v", err)
	}
	return list
}

// testRevocations is what ends before it expires, and the key that it was signed with.
func testRevocations(t *testing.T, fresh Fresh) {
	const keep = time.Hour

	t.Run("the key is made once", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		one, err := s.SigningKey(t.Context())
		wantError(t, err, nil)
		two, err := s.SigningKey(t.Context())
		wantError(t, err, nil)
		if len(one) != 32 || !bytes.Equal(one, two) || bytes.Equal(one, make([]byte, 32)) {
			t.Errorf("keys %x and %x", one, two)
		}
	})

	t.Run("a revocation is listed, and told to every process", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		session, err := s.RevokeSession(t.Context(), ben, "s1", soon(), keep)
		wantError(t, err, nil)
		equal(t, "session", session, events.Revocation{User: ben.User, Session: "s1", At: session.At, Until: session.Until})
		all, err := s.EndSessions(t.Context(), root, "anna", keep)
		wantError(t, err, nil)
		equal(t, "all", all, events.Revocation{User: "anna", At: all.At, Until: all.At + events.Time(keep.Milliseconds())})
		equal(t, "listed", len(s.revoked(t)), 2)
		told := s.logged(t, events.BroadcastChannel, 0)
		equal(t, "told", len(told), 2)
		for i, want := range []events.Revocation{session, all} {
			var got events.Revocation
			decode(t, told[i], &got)
			equal(t, "told", got, want)
			equal(t, "type", told[i].Type, events.AccessRevoked)
		}
	})

	t.Run("only admins end what is others'", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		for _, p := range []storage.Principal{anna, ben} {
			_, err := s.EndSessions(t.Context(), p, "eve", keep)
			wantError(t, err, storage.ErrForbidden)
		}
		equal(t, "listed", len(s.revoked(t)), 0)
	})

	t.Run("what comes again reaches as far as the later one", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		_, err := s.EndSessions(t.Context(), root, "anna", keep)
		wantError(t, err, nil)
		s.clock.pass(time.Second)
		later, err := s.EndSessions(t.Context(), root, "anna", keep)
		wantError(t, err, nil)
		equal(t, "listed", s.revoked(t), []events.Revocation{later})
	})

	t.Run("one who ends too many sessions ends all", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		for i := range storage.MaxRevokedSessions {
			r, err := s.RevokeSession(t.Context(), ben, fmt.Sprintf("s%d", i), soon(), keep)
			wantError(t, err, nil)
			equal(t, "session", r.Session, fmt.Sprintf("s%d", i))
		}
		r, err := s.RevokeSession(t.Context(), ben, "one more", soon(), keep)
		wantError(t, err, nil)
		equal(t, "session", r.Session, "")
	})

	t.Run("what is over is forgotten", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		_, err := s.RevokeSession(t.Context(), ben, "short", events.Now()+1000, keep)
		wantError(t, err, nil)
		_, err = s.EndSessions(t.Context(), root, "anna", keep)
		wantError(t, err, nil)
		s.clock.pass(2 * time.Second)
		equal(t, "in force", len(s.revoked(t)), 1)
		n, err := s.Trim(t.Context(), storage.Retention{Age: 24 * time.Hour, Count: 1000})
		wantError(t, err, nil)
		equal(t, "rows", n, 1)
	})
}
