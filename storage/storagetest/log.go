package storagetest

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

func testLog(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))
	class := s.class(t)
	channel := events.ClassChannel(class)
	for i := range 10 {
		s.post(t, ben, class, fmt.Sprint(i))
	}
	logged := s.tape.of(class)
	head := int64(len(logged))

	t.Run("Load has a class's newest events and its members", func(t *testing.T) {
		for _, tail := range []int{1, 5, len(logged), 500} {
			at, err := s.Load(t.Context(), class, tail)
			wantError(t, err, nil)
			slices.Sort(at.Members)
			equal(t, fmt.Sprintf("load of %d", tail), at, events.Loaded{
				Extent:  events.Extent{Head: head},
				Tail:    logged[max(0, len(logged)-tail):],
				Members: []string{"anna", "ben", "clio", "dora"},
			})
		}
	})

	t.Run("Load of a class that isn't there says so", func(t *testing.T) {
		deleted := s.class(t)
		wantError(t, s.DeleteClass(t.Context(), anna, deleted, storage.AnyVersion), nil)
		for _, class := range []string{noClass, deleted} {
			at, err := s.Load(t.Context(), class, 5)
			wantError(t, err, nil)
			equal(t, "load", at, events.Loaded{Gone: true})
		}
	})

	t.Run("Heads has the extents of the channels that exist", func(t *testing.T) {
		other := s.class(t)
		channels := []events.Channel{channel, events.SystemChannel, events.ClassChannel(other), events.UserChannel("nobody"), channel}
		for i := range 1000 { // a hub asks for all its feeds at once
			channels = append(channels, events.ClassChannel(fmt.Sprint(i)))
		}
		at, err := s.Heads(t.Context(), channels)
		wantError(t, err, nil)
		equal(t, "extents", at.Extents, map[events.Channel]events.Extent{
			channel: {Head: head}, events.ClassChannel(other): {Head: s.head(t, other)},
		})
		none, err := s.Heads(t.Context(), nil)
		wantError(t, err, nil)
		equal(t, "no extents", none, events.Heads{Epoch: at.Epoch, Extents: map[events.Channel]events.Extent{}})
		wantError(t, s.Ping(t.Context()), nil)
	})

	t.Run("Read goes on after any seq, as far as asked", func(t *testing.T) {
		for after := range head + 3 {
			for _, limit := range []int{1, 3, 100} {
				evs, err := s.Read(t.Context(), channel, after, limit)
				wantError(t, err, nil)
				from := min(after, head)
				want := logged[from:min(from+int64(limit), head)]
				if len(evs) != 0 || len(want) != 0 {
					equal(t, fmt.Sprintf("read after %d by %d", after, limit), evs, want)
				}
			}
		}
		evs, err := s.Read(t.Context(), events.SystemChannel, 0, 10)
		wantError(t, err, nil)
		equal(t, "read of nothing", len(evs), 0)
	})

	t.Run("a list names the cursor that it is current to", func(t *testing.T) {
		inbox := events.UserChannel("ben")
		heads, err := s.Heads(t.Context(), []events.Channel{inbox})
		wantError(t, err, nil)
		want := events.Cursor{Epoch: heads.Epoch, Class: head, User: heads.Extents[inbox].Head, Tag: events.ClassTag(class)}
		messages, err := s.Messages(t.Context(), ben, class, storage.Page{Limit: 3}, storage.OldestFirst)
		wantError(t, err, nil)
		equal(t, "cursor of messages", messages.At, want)
		members, err := s.Members(t.Context(), ben, class, storage.Page{Limit: 3})
		wantError(t, err, nil)
		equal(t, "cursor of members", members.At, want)
		if parsed, err := events.ParseCursor(want.String()); err != nil || !reflect.DeepEqual(parsed, want) {
			t.Errorf("the cursor %s reads as %v, %v", want, parsed, err)
		}
	})

	t.Run("and is current to it while others write", func(t *testing.T) {
		class := s.class(t)
		s.post(t, ben, class, "first")
		writing := make(chan struct{})
		var writers sync.WaitGroup
		for range 4 {
			writers.Go(func() {
				for range 50 {
					if _, err := s.CreateMessage(t.Context(), ben, class, storage.MessageDraft{Text: "more"}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		defer writers.Wait()
		go func() { writers.Wait(); close(writing) }()
		for open := true; open; {
			select {
			case <-writing:
				open = false
			default:
			}
			list, err := s.Messages(t.Context(), ben, class, storage.Page{Limit: 2}, storage.NewestFirst)
			wantError(t, err, nil)
			if list.Items[0].Seq != list.At.Class {
				t.Fatalf("the newest message is %d, the cursor says %d", list.Items[0].Seq, list.At.Class)
			}
			at, err := s.Load(t.Context(), class, 1)
			wantError(t, err, nil)
			if at.Tail[0].Seq != at.Head {
				t.Fatalf("the newest event is %d, the head says %d", at.Tail[0].Seq, at.Head)
			}
		}
	})

	t.Run("a rotated epoch is a new one", func(t *testing.T) {
		before, err := s.Heads(t.Context(), nil)
		wantError(t, err, nil)
		epoch, err := s.RotateEpoch(t.Context())
		wantError(t, err, nil)
		after, err := s.Heads(t.Context(), nil)
		wantError(t, err, nil)
		list, err := s.Members(t.Context(), ben, class, storage.Page{Limit: 1})
		wantError(t, err, nil)
		if before.Epoch == "" || epoch == before.Epoch || after.Epoch != epoch || list.At.Epoch != epoch {
			t.Errorf("epoch %q became %q; heads say %q, lists %q", before.Epoch, epoch, after.Epoch, list.At.Epoch)
		}
		equal(t, "head", s.head(t, class), head)
	})
}
