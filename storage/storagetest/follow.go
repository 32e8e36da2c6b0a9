package storagetest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"homeroom/events"
	"homeroom/storage"
)

const (
	followBatch  = 100              // runs of one rapid.Check
	followWait   = 30 * time.Second // for an event that must come; a bound, never waited for
	followHubLag = 20 * time.Millisecond
	followSoon   = 5 * time.Millisecond // until what is scheduled is published
)

// testFollow is the promise that clients build on: whatever is written, by however many at once, who loads lists at any
// moment and applies the events after them has in the end what fresh lists show. Every write and every type of event
// is in it, and a ring so small that streams must read the log too.
func testFollow(t *testing.T, fresh Fresh) {
	driver, err := fresh(t)(t.Context())
	wantError(t, err, nil)
	s := &school{Store: storage.NewEngine(driver), driver: driver, tape: &tape{}, clock: &clock{}}
	hub, err := events.New(events.Config{Log: s, Ring: 4, Poll: followHubLag})
	wantError(t, err, nil)
	s.OnCommit(hub.Publish)
	stop := s.work(t)
	t.Cleanup(func() {
		stop()
		hub.Close()
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	runs := followRuns
	if testing.Short() {
		runs = followBatch
	}
	for range runs / followBatch {
		rapid.Check(t, func(rt *rapid.T) {
			f := &follow{rt: rt, store: s, hub: hub, ahead: func(class string) int { return len(s.jobs(t, class)) }}
			f.run(t.Context())
		})
	}
}

// follow is one run: a class, a history, and a client.
type follow struct {
	rt    *rapid.T
	store storage.Store
	hub   *events.Hub
	class string
	ahead func(class string) int // jobs that are not done yet

	mu        sync.Mutex // guards what follows
	messages  []storage.Message
	bulletins []storage.BulletinKey
}

// step is one write that is tried; whether it is allowed is for the store to say.
type step struct {
	kind   string
	target int // which message, or which member
	by     storage.Principal
	text   string
}

var (
	stepKinds  = []string{"post", "post", "reply", "edit", "delete", "put", "remove", "rename", "archive", "lock", "slow", "mute", "unmute", "announce", "change", "withdraw"}
	everybody  = []storage.Principal{anna, ben, clio, dora}
	comeAndGo  = []string{"mia", "max", "moe"} // who is added and removed
	someRoles  = []storage.Role{storage.Student, storage.Assistant, storage.Teacher}
	stepDrawer = rapid.Custom(func(t *rapid.T) step {
		return step{
			kind:   rapid.SampledFrom(stepKinds).Draw(t, "kind"),
			target: rapid.IntRange(0, 20).Draw(t, "target"),
			by:     rapid.SampledFrom(everybody).Draw(t, "by"),
			text:   rapid.SampledFrom([]string{"a", "b", "@ben @clio @nobody", "to @dora."}).Draw(t, "text"),
		}
	})
)

func (f *follow) run(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, followWait)
	defer cancel()
	class, err := f.store.CreateClass(ctx, anna, storage.ClassDraft{Name: "start"})
	f.must(err)
	f.class = class.ID
	for _, p := range everybody[1:] {
		_, _, err := f.store.PutMember(ctx, anna, f.class, p.User, storage.MemberChange{Role: storage.Student}, storage.AnyVersion)
		f.must(err)
	}
	writers := rapid.SliceOfN(rapid.SliceOfN(stepDrawer, 0, 8), 1, 3).Draw(f.rt, "writers")
	loadAfter := rapid.IntRange(0, 12).Draw(f.rt, "load after")
	limit := rapid.IntRange(1, 5).Draw(f.rt, "events at a time")
	deleted := rapid.IntRange(0, 9).Draw(f.rt, "deleted") == 0

	steps := make(chan struct{}, 64)
	var writing sync.WaitGroup
	for _, list := range writers {
		writing.Go(func() {
			for _, step := range list {
				f.take(ctx, step)
				steps <- struct{}{}
			}
		})
	}
	go func() { writing.Wait(); close(steps) }()
	for range loadAfter {
		<-steps // closed, it yields at once
	}
	c := f.load(ctx)
	for range steps { // until all is written
		c.catchUp(ctx, limit)
	}
	for f.ahead(f.class) > 0 { // and until it is published and reminded of
		c.catchUp(ctx, limit)
	}
	want := f.load(ctx)
	for c.cursor.Class < want.cursor.Class {
		c.catchUp(ctx, limit)
	}
	c.wantSame(want)
	if deleted {
		stream := c.open(ctx)
		f.must(f.store.DeleteClass(ctx, anna, f.class, storage.AnyVersion))
		if _, _, err := stream.Collect(ctx, limit, followWait); !errors.Is(err, events.ErrNoAccess) {
			f.rt.Errorf("a stream of a deleted class: %v", err) // that live ones are told of it is the hub's to test
		}
	}
}

// take tries a step. A refusal is as good as a change.
func (f *follow) take(ctx context.Context, s step) {
	var err error
	user := comeAndGo[s.target%len(comeAndGo)]
	change := storage.MemberChange{Role: someRoles[s.target%len(someRoles)], Name: s.text}
	archived, locked, pause := s.target%2 == 0, s.target%3 == 0, int64(s.target%2)
	switch m := f.pick(s.target); s.kind {
	case "post":
		err = f.post(ctx, s, nil)
	case "reply":
		err = f.post(ctx, s, &m.ID)
	case "edit":
		_, err = f.store.EditMessage(ctx, storage.Principal{User: m.Author}, f.class, m.ID, s.text, storage.AnyVersion)
	case "delete":
		err = f.store.DeleteMessage(ctx, anna, f.class, m.ID, storage.AnyVersion)
	case "put":
		_, _, err = f.store.PutMember(ctx, anna, f.class, user, change, storage.AnyVersion)
	case "remove":
		err = f.store.RemoveMember(ctx, anna, f.class, user, storage.AnyVersion)
	case "rename":
		_, err = f.store.UpdateClass(ctx, anna, f.class, storage.ClassChange{Name: &s.text}, storage.AnyVersion)
	case "announce":
		err = f.announce(ctx, s)
	case "change":
		_, err = f.store.UpdateBulletin(ctx, anna, f.pickBulletin(s.target), storage.BulletinChange{
			Title: &s.text, Pinned: &archived, RequiresAcknowledgement: &archived,
		}, storage.AnyVersion)
	case "withdraw":
		err = f.store.DeleteBulletin(ctx, anna, f.pickBulletin(s.target), storage.AnyVersion)
	case "archive":
		_, err = f.store.UpdateClass(ctx, anna, f.class, storage.ClassChange{Archived: &archived}, storage.AnyVersion)
	case "lock":
		_, err = f.store.UpdateClass(ctx, anna, f.class, storage.ClassChange{Locked: &locked}, storage.AnyVersion)
	case "slow":
		_, err = f.store.UpdateClass(ctx, anna, f.class, storage.ClassChange{SlowMode: &pause}, storage.AnyVersion)
	case "mute": // for so long that it is not over before the run is
		_, err = f.store.MuteMember(ctx, anna, f.class, f.somebody(s), later(events.Now(), time.Hour), storage.AnyVersion)
	case "unmute":
		err = f.store.UnmuteMember(ctx, anna, f.class, f.somebody(s), storage.AnyVersion)
	}
	if f.held(err) {
		return
	}
	for _, refusal := range []error{
		nil, storage.ErrNotFound, storage.ErrMessageDeleted, storage.ErrClassArchived, storage.ErrClassLocked, storage.ErrForbidden,
		storage.ErrParentNotFound, storage.ErrParentIsReply, storage.ErrParentDeleted,
	} {
		if errors.Is(err, refusal) {
			return
		}
	}
	if _, late := errors.AsType[*storage.FieldError](err); late {
		return // its time to be published has passed before its turn came
	}
	f.rt.Errorf("%+v: %v", s, err)
}

// held reports whether an error is that of one who may not post for the time being.
func (f *follow) held(err error) bool {
	_, muted := errors.AsType[*storage.MutedError](err)
	_, slow := errors.AsType[*storage.SlowModeError](err)
	return muted || slow
}

// somebody is who may be muted: one who comes and goes, or one who posts.
func (f *follow) somebody(s step) string {
	if s.by != anna {
		return s.by.User
	}
	return comeAndGo[s.target%len(comeAndGo)]
}

func (f *follow) post(ctx context.Context, s step, parent *string) error {
	m, err := f.store.CreateMessage(ctx, s.by, f.class, storage.MessageDraft{Text: s.text, ParentID: parent})
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.messages = append(f.messages, m)
	return nil
}

// pick is one of the messages so far, or one that isn't there.
func (f *follow) pick(n int) storage.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.messages) == 0 {
		return storage.Message{ID: noClass, Author: "anna"}
	}
	return f.messages[n%len(f.messages)]
}

// announce publishes an announcement or an assignment, at once or in a moment.
func (f *follow) announce(ctx context.Context, s step) error {
	draft := storage.BulletinDraft{Kind: storage.Announcement, Title: s.text, Text: s.text, Pinned: true}
	if s.target%2 == 0 {
		draft.Kind, draft.DueAt, draft.Reminders = storage.Assignment, ahead(time.Second+followSoon), []int64{1}
	}
	if s.target%3 == 0 {
		draft.PublishAt = ahead(followSoon)
	}
	m, err := f.store.CreateBulletin(ctx, anna, f.class, draft)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bulletins = append(f.bulletins, keyOf(m))
	return nil
}

// pickBulletin is as pick.
func (f *follow) pickBulletin(n int) storage.BulletinKey {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.bulletins) == 0 {
		return storage.BulletinKey{Class: f.class, Kind: storage.Announcement, ID: noClass}
	}
	return f.bulletins[n%len(f.bulletins)]
}

func (f *follow) must(err error) {
	if err != nil {
		f.rt.Fatal(err)
	}
}

// client is what somebody who follows the class knows of it.
type client struct {
	run      *follow
	info     storage.ClassInfo
	members  map[string]storage.Member
	messages map[string]storage.Message
	bulletin map[string]storage.Bulletin
	cursor   events.Cursor
}

// load loads the lists one after the other, while others write: the cursor is the first one's, and what the later ones
// have beyond it comes again with an older version.
func (f *follow) load(ctx context.Context) *client {
	c := &client{
		run: f, members: map[string]storage.Member{}, messages: map[string]storage.Message{}, bulletin: map[string]storage.Bulletin{},
	}
	page := storage.Page{Limit: 1000}
	members, err := f.store.Members(ctx, ben, f.class, page)
	f.must(err)
	messages, err := f.store.Messages(ctx, ben, f.class, page, storage.OldestFirst)
	f.must(err)
	for kind := range bulletinEvents {
		bulletins, err := f.store.Bulletins(ctx, ben, f.class, kind, nil, page)
		f.must(err)
		for _, m := range bulletins.Items {
			m.Kind, m.NotificationID = "", "" // which no event tells
			c.bulletin[m.ID] = m.Bulletin
		}
	}
	class, err := f.store.Class(ctx, ben, f.class)
	f.must(err)
	c.info, c.cursor = class.ClassInfo, members.At
	for _, m := range members.Items {
		c.members[m.User] = m
	}
	for _, m := range messages.Items {
		c.messages[m.ID] = m
	}
	return c
}

// catchUp applies what comes next, if anything has.
func (c *client) catchUp(ctx context.Context, limit int) {
	list, cursor, err := c.open(ctx).Collect(ctx, limit, 0)
	c.run.must(err)
	c.cursor = cursor
	for _, data := range list {
		var e events.Event
		c.run.must(json.Unmarshal(data, &e))
		c.apply(e)
	}
}

// open opens a stream from the client's cursor.
func (c *client) open(ctx context.Context) *events.Stream {
	stream, err := c.run.hub.Open(ctx, events.Request{User: "ben", Class: c.run.class, After: &c.cursor})
	c.run.must(err)
	return stream
}

func (c *client) apply(e events.Event) {
	var m storage.Member
	var msg storage.Message
	var info storage.ClassInfo
	var bulletin storage.Bulletin
	switch e.Type {
	case events.AnnouncementCreated, events.AnnouncementUpdated, events.AssignmentCreated, events.AssignmentUpdated:
		c.run.must(json.Unmarshal(e.Data, &bulletin))
		if bulletin.Version > c.bulletin[bulletin.ID].Version {
			c.bulletin[bulletin.ID] = bulletin
		}
	case events.AnnouncementDeleted, events.AssignmentDeleted:
		c.run.must(json.Unmarshal(e.Data, &bulletin))
		delete(c.bulletin, bulletin.ID)
	case events.AssignmentDue: // changes nothing
	case events.MemberJoined, events.MemberUpdated:
		c.run.must(json.Unmarshal(e.Data, &m))
		c.members[m.User] = m
	case events.MemberLeft:
		c.run.must(json.Unmarshal(e.Data, &m))
		delete(c.members, m.User)
	case events.MessageCreated, events.MessageUpdated, events.MessageDeleted:
		c.run.must(json.Unmarshal(e.Data, &msg))
		if msg.Version > c.messages[msg.ID].Version {
			c.messages[msg.ID] = msg
		}
	case events.ClassUpdated:
		c.run.must(json.Unmarshal(e.Data, &info))
		if info.Version > c.info.Version {
			c.info = info
		}
	case events.NotificationCreated: // of the inbox: who is mentioned loads no list of it here
	default:
		c.run.rt.Errorf("event %d is a %s", e.Seq, e.Type)
	}
}

// wantSame compares the client with one that has just loaded everything.
func (c *client) wantSame(want *client) {
	if c.info != want.info {
		c.run.rt.Errorf("class %+v, want %+v", c.info, want.info)
	}
	if !maps.Equal(c.members, want.members) {
		c.run.rt.Errorf("members %v, want %v", c.members, want.members)
	}
	if !reflect.DeepEqual(c.bulletin, want.bulletin) {
		c.run.rt.Errorf("bulletins %s, want %s", show(c.bulletin), show(want.bulletin))
	}
	bySeq := func(a, b storage.Message) int { return cmp.Compare(a.Seq, b.Seq) }
	have, must := slices.SortedFunc(maps.Values(c.messages), bySeq), slices.SortedFunc(maps.Values(want.messages), bySeq)
	if !reflect.DeepEqual(have, must) {
		c.run.rt.Errorf("messages %s, want %s", fmt.Sprint(show(have)), fmt.Sprint(show(must)))
	}
}
