package events

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// revoke adds a revocation to the list and the log, and returns its event for publishing.
func (l *memLog) revoke(r Revocation) Event {
	l.mu.Lock()
	l.revoked = append(l.revoked, r)
	l.mu.Unlock()
	return l.add(BroadcastChannel, AccessRevoked, r.User, r)
}

func TestRevocationCovers(t *testing.T) {
	all, one := Revocation{User: "ben", At: 1000}, Revocation{User: "ben", Session: "s", At: 1000}
	for what, tt := range map[string]struct {
		r      Revocation
		a      Access
		covers bool
	}{
		"issued before":                       {all, Access{User: "ben", Issued: 999}, true},
		"issued at that moment":               {all, Access{User: "ben", Issued: 1000}, true},
		"issued after it":                     {all, Access{User: "ben", Issued: 1001}, false},
		"issued nobody knows when":            {all, Access{User: "ben"}, true},
		"a session, by all":                   {all, Access{User: "ben", Session: "t", Issued: 1}, true},
		"somebody else's":                     {all, Access{User: "anna", Issued: 1}, false},
		"the session":                         {one, Access{User: "ben", Session: "s", Issued: 2000}, true},
		"another session":                     {one, Access{User: "ben", Session: "t"}, false},
		"no session, where a session is":      {one, Access{User: "ben"}, false},
		"somebody else's session named alike": {one, Access{User: "anna", Session: "s"}, false},
	} {
		set := newRevocations()
		set.add(tt.r)
		if _, revoked := set.of(&tt.a); revoked != tt.covers || tt.r.covers(&tt.a) != tt.covers {
			t.Errorf("%s: revoked %v, want %v", what, revoked, tt.covers)
		}
	}
}

func TestRevocationsAreForgottenWhenTheyAreOver(t *testing.T) {
	set := newRevocations()
	set.add(Revocation{User: "ben", Session: "over", At: 1, Until: 2})
	set.swept = time.Now().Add(-revocationSweep)
	set.add(Revocation{User: "ben", Session: "new", At: 1, Until: Now() + 60_000})
	if len(set.sessions) != 1 || len(set.take()) != 2 {
		t.Errorf("kept %v", set.sessions)
	}
}

func TestRevocationMissed(t *testing.T) {
	log := newMemLog()
	joined := log.commit("c", MemberJoined, "ben")
	log.revoke(Revocation{User: "ben", Session: "before", At: Now(), Until: Now() + 60_000})
	h, err := New(Config{Log: log, Poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	h.Publish([]Event{joined})
	open := func(session string) (*Stream, error) {
		return h.Open(context.Background(), Request{User: "ben", Class: "c", Session: session, Issued: 1})
	}
	if _, err := open("before"); !errors.Is(err, ErrRevoked) {
		t.Errorf("what was revoked before the start: %v", err)
	}
	s, err := open("after")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan []json.RawMessage, 1)
	go func() {
		list, _, _ := s.Collect(context.Background(), 10, time.Minute)
		ended <- list
	}()
	// The hub doesn't hear of it, and by the time it looks the entry is trimmed: it must read the list again.
	log.revoke(Revocation{User: "ben", Session: "after", At: Now(), Until: Now() + 60_000})
	log.mu.Lock()
	log.trimmed[BroadcastChannel] = 2
	log.mu.Unlock()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the stream goes on")
	}
	if !h.Revoked(Access{User: "ben", Session: "after"}) {
		t.Error("it isn't known to be revoked")
	}
}
