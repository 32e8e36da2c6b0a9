package storagetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

// replay is a class as its events alone tell it: what a client makes of a snapshot and a stream.
type replay struct {
	class    storage.ClassInfo // zero until an event says it
	gone     bool
	members  map[string]storage.Member
	messages map[string]storage.Message
}

// look is a class as lists show it, and the seq that they are current to.
type look struct {
	Class    storage.ClassInfo
	Members  []storage.Member
	Messages []storage.Message
	At       int64
}

// look reads a class while nobody writes.
func (s *school) look(t *testing.T, class string) look {
	t.Helper()
	c, err := s.Class(t.Context(), root, class)
	wantError(t, err, nil)
	return look{c.ClassInfo, s.members(t, class), s.all(t, class), s.head(t, class)}
}

// apply does what an event says.
func (r *replay) apply(t *testing.T, e events.Event) {
	t.Helper()
	if r.members == nil {
		r.members, r.messages = map[string]storage.Member{}, map[string]storage.Message{}
	}
	if r.gone {
		t.Errorf("event %d comes after the class was deleted", e.Seq)
	}
	var m storage.Member
	var msg storage.Message
	var class storage.ClassInfo
	switch e.Type {
	case events.MemberJoined, events.MemberUpdated, events.MemberLeft:
		decode(t, e, &m)
		was, there := r.members[m.User]
		if there == (e.Type == events.MemberJoined) {
			t.Errorf("event %d: %s, and before it %s was there: %v", e.Seq, e.Type, m.User, there)
		}
		if e.Type == events.MemberUpdated && m.Version != was.Version+1 || e.Type == events.MemberJoined && m.Version != 1 {
			t.Errorf("event %d: version %d after %d", e.Seq, m.Version, was.Version)
		}
		if r.members[m.User] = m; e.Type == events.MemberLeft {
			equal(t, "member who left", m, was)
			delete(r.members, m.User)
		}
	case events.MessageCreated, events.MessageUpdated, events.MessageDeleted:
		decode(t, e, &msg)
		was := r.messages[msg.ID]
		if msg.Version != was.Version+1 {
			t.Errorf("event %d: version %d after %d", e.Seq, msg.Version, was.Version)
		}
		stone := e.Type == events.MessageDeleted || e.Type == events.MessageUpdated && was.DeletedAt != 0 // whose thread changed
		if (msg.Seq == e.Seq) != (e.Type == events.MessageCreated) || (msg.Text == nil) != stone {
			t.Errorf("event %d, %s: %s", e.Seq, e.Type, e.Data)
		}
		r.messages[msg.ID] = msg
	case events.ClassUpdated:
		decode(t, e, &class)
		r.class = class
	case events.ClassDeleted:
		r.gone = true
	default:
		t.Errorf("event %d is a %s", e.Seq, e.Type)
	}
}

// wantSame compares what the events told with what lists show.
func (r *replay) wantSame(t *testing.T, shown look) {
	t.Helper()
	members := slices.SortedFunc(maps.Values(r.members), func(a, b storage.Member) int {
		if a.User < b.User {
			return -1
		}
		return 1
	})
	equal(t, "members", members, shown.Members)
	messages := slices.SortedFunc(maps.Values(r.messages), func(a, b storage.Message) int { return int(a.Seq - b.Seq) })
	if len(messages)+len(shown.Messages) > 0 {
		equal(t, "messages", messages, shown.Messages)
	}
	wantThreads(t, shown.Messages)
	if r.class.ID != "" {
		equal(t, "class", r.class, shown.Class)
	}
}

// from begins a replay with what lists showed.
func from(shown look) *replay {
	r := &replay{members: map[string]storage.Member{}, messages: map[string]storage.Message{}}
	for _, m := range shown.Members {
		r.members[m.User] = m
	}
	for _, m := range shown.Messages {
		r.messages[m.ID] = m
	}
	return r
}

func decode(t *testing.T, e events.Event, into any) {
	t.Helper()
	if err := json.Unmarshal(e.Data, into); err != nil {
		t.Fatalf("event %d: %v", e.Seq, err)
	}
}

// testReplay makes random changes, allowed and not. The events after any snapshot must lead to the present one, and a
// change that was refused must leave no trace.
func testReplay(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))
	for range 3 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			class := s.class(t)
			snapshots := []look{s.look(t, class)}
			for range 60 {
				head := s.head(t, class)
				if err := s.change(t, r, class); err != nil && s.head(t, class) != head {
					t.Errorf("a refused change made an event: %v", err)
				}
				if r.IntN(6) == 0 {
					snapshots = append(snapshots, s.look(t, class))
				}
			}
			now := s.look(t, class)
			for _, shown := range snapshots {
				told := from(shown)
				for _, e := range s.history(t, class, shown.At) {
					told.apply(t, e)
				}
				told.wantSame(t, now)
			}
		})
	}
}

// change makes one random change to a class, which may be refused.
func (s *school) change(t *testing.T, r *rand.Rand, class string) error {
	t.Helper()
	people := []storage.Principal{root, anna, gwen, clio, ben, dora, eve}
	pick := func() storage.Principal { return people[r.IntN(len(people))] }
	p, other, version := pick(), pick(), r.Int64N(3)
	message := noClass
	var parent *string // of a post, which may thus be a reply
	if all := s.all(t, class); len(all) > 0 {
		message = all[r.IntN(len(all))].ID
		if r.IntN(2) == 0 {
			parent = &all[r.IntN(len(all))].ID
		}
	}
	text := fmt.Sprint("text ", r.IntN(4))
	var err error
	switch r.IntN(9) {
	case 0, 1:
		_, err = s.CreateMessage(t.Context(), p, class, storage.MessageDraft{Text: text, ParentID: parent})
	case 2, 3:
		_, err = s.EditMessage(t.Context(), p, class, message, text, version)
	case 4:
		err = s.DeleteMessage(t.Context(), p, class, message, version)
	case 5:
		role := []storage.Role{storage.Teacher, storage.Assistant, storage.Student}[r.IntN(3)]
		_, _, err = s.PutMember(t.Context(), p, class, other.User, storage.MemberChange{Role: role, Name: text}, version)
	case 6:
		err = s.RemoveMember(t.Context(), p, class, other.User, version)
	case 7:
		_, err = s.UpdateClass(t.Context(), p, class, storage.ClassChange{Name: &text}, version)
	case 8:
		archived := r.IntN(3) == 0
		_, err = s.UpdateClass(t.Context(), p, class, storage.ClassChange{Archived: &archived}, version)
	}
	return err
}
