package events

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// discard is a reader that takes everything at once. Pending counts the writes that are still to come.
type discard struct{ pending sync.WaitGroup }

func (d *discard) Send([]byte) error { d.pending.Done(); return nil }
func (d *discard) Abort()            {}

// BenchmarkFanout measures one event from Publish until every stream has written it.
func BenchmarkFanout(b *testing.B) {
	for _, streams := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) {
			log := newMemLog()
			log.commit(class, MemberJoined, "s")
			hub, err := New(Config{Log: log, Heartbeat: time.Hour})
			if err != nil {
				b.Fatal(err)
			}
			defer hub.Close()
			var sink discard
			var running sync.WaitGroup
			sink.pending.Add(streams)
			for range streams {
				s, err := hub.Open(b.Context(), Request{User: "s", Class: class})
				if err != nil {
					b.Fatal(err)
				}
				running.Go(func() { s.Run(b.Context(), &sink, time.Now().Add(time.Hour)) })
			}
			sink.pending.Wait() // everyone's stream.ready
			b.ReportAllocs()
			for b.Loop() {
				sink.pending.Add(streams)
				hub.Publish([]Event{log.commit(class, MessageCreated, "s")})
				sink.pending.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*streams), "ns/delivery")
			sink.pending.Add(streams) // stream.closing
			hub.Close()
			running.Wait()
		})
	}
}
