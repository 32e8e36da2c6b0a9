package storagetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

// benchText is a message of a usual length.
const benchText = "Could somebody explain once more why the mitochondrion has two membranes? I missed the end of the lesson."

// benchUsers is how many write and read in a benchmark, each of them a member.
const benchUsers = 32

// BenchmarkPost measures durable posts to one class: each is synced to disk before it counts.
func BenchmarkPost(b *testing.B, fresh Fresh) {
	for _, callers := range []int{1, benchUsers, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s, class := benchClass(b, fresh)
			b.ResetTimer()
			share(b, callers, func(caller int) error {
				_, err := s.CreateMessage(b.Context(), benchUser(caller%benchUsers), class, storage.MessageDraft{Text: benchText})
				return err
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
		})
	}
}

// BenchmarkRead measures what clients read most: the newest page of messages, and a class as a hub loads it.
func BenchmarkRead(b *testing.B, fresh Fresh) {
	s, class := benchClass(b, fresh)
	var posts sync.WaitGroup
	for caller := range benchUsers {
		posts.Go(func() {
			for range 32 {
				if _, err := s.CreateMessage(b.Context(), benchUser(caller), class, storage.MessageDraft{Text: benchText}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	posts.Wait()
	channel := events.ClassChannel(class)
	reads := []struct {
		name string
		read func(context.Context) error
	}{
		{"Messages", func(ctx context.Context) error {
			_, err := s.Messages(ctx, benchUser(0), class, storage.Page{Limit: 50}, storage.NewestFirst)
			return err
		}},
		{"Load", func(ctx context.Context) error {
			_, err := s.Load(ctx, class, 100)
			return err
		}},
		{"Heads", func(ctx context.Context) error {
			_, err := s.Heads(ctx, []events.Channel{channel, events.SystemChannel})
			return err
		}},
		{"Read", func(ctx context.Context) error {
			_, err := s.Read(ctx, channel, 900, 100)
			return err
		}},
	}
	for _, r := range reads {
		for _, callers := range []int{1, benchUsers} {
			b.Run(fmt.Sprintf("%s/callers=%d", r.name, callers), func(b *testing.B) {
				share(b, callers, func(int) error { return r.read(b.Context()) })
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
			})
		}
	}
}

// share divides b.N calls among callers.
func share(b *testing.B, callers int, call func(caller int) error) { shareOf(b, b.N, callers, call) }

// shareOf divides n calls among callers.
func shareOf(b *testing.B, n, callers int, call func(caller int) error) {
	var left atomic.Int64
	left.Store(int64(n))
	var running sync.WaitGroup
	for caller := range callers {
		running.Go(func() {
			for left.Add(-1) >= 0 {
				if err := call(caller); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
}

func benchUser(i int) storage.Principal {
	return storage.Principal{User: fmt.Sprintf("user-%d", i), Role: storage.GlobalTeacher}
}

// benchClass is a class with all the benchmark's users.
func benchClass(b *testing.B, fresh Fresh) (storage.Store, string) {
	b.Helper()
	driver, err := fresh(b)(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	s := storage.NewEngine(driver)
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	class, err := s.CreateClass(b.Context(), benchUser(0), storage.ClassDraft{Name: "Biology 10b"})
	if err != nil {
		b.Fatal(err)
	}
	for i := range benchUsers {
		change := storage.MemberChange{Role: storage.Teacher}
		if _, _, err := s.PutMember(b.Context(), benchUser(0), class.ID, benchUser(i).User, change, storage.AnyVersion); err != nil {
			b.Fatal(err)
		}
	}
	return s, class.ID
}
