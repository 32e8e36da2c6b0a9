package events

import (
	"testing"
	"time"
)

// nowhere is a reader that takes everything and keeps nothing.
type nowhere struct{}

func (nowhere) Send([]byte) error { return nil }
func (nowhere) Abort()            {}

// BenchmarkReplay measures a stream that comes back, until it has what it missed.
func BenchmarkReplay(b *testing.B) {
	const missed = 100
	for name, ring := range map[string]int{"ring": DefaultRing, "log": 1} {
		b.Run("from="+name, func(b *testing.B) {
			log := newMemLog()
			after := Cursor{Class: log.commit(class, MemberJoined, "s").Seq, Tag: ClassTag(class)}
			for range missed {
				log.commit(class, MessageCreated, "s")
			}
			hub, err := New(Config{Log: log, Ring: ring, Heartbeat: time.Hour})
			if err != nil {
				b.Fatal(err)
			}
			defer hub.Close()
			after.Epoch = hub.Epoch()
			request := Request{User: "s", Class: class, After: &after, Limit: missed}
			b.ReportAllocs()
			for b.Loop() {
				s, err := hub.Open(b.Context(), request)
				if err != nil {
					b.Fatal(err)
				}
				if ended := s.Run(b.Context(), nowhere{}, time.Now().Add(time.Hour)); ended.Events != missed {
					b.Fatalf("%d events, want %d: %+v", ended.Events, missed, ended)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*missed), "ns/event")
		})
	}
}
