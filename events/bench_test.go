package events

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// discard is a reader that takes everything at once. Pending counts the writes that are still to come.
type discard struct{ pending sync.WaitGroup }

func (d *discard) Send([]byte) error             { d.pending.Done(); return nil }
func (d *discard) TrySend(p []byte) (int, error) { d.pending.Done(); return len(p), nil }
func (d *discard) OnHangup(func()) error         { return nil }
func (d *discard) Abort()                        {}
func (d *discard) Close() error                  { return nil }

// BenchmarkFanout measures one event from Publish until every stream has written it: streams that goroutines run, and
// streams that are parked.
func BenchmarkFanout(b *testing.B) {
	for _, kind := range []string{"sink", "socket"} {
		for _, streams := range []int{1, 100, 10_000} {
			b.Run(fmt.Sprintf("%s/streams=%d", kind, streams), func(b *testing.B) {
				log, hub := benchHub(b)
				var end discard
				var running sync.WaitGroup
				end.pending.Add(streams)
				for range streams {
					s := benchStream(b, hub)
					if kind == "socket" {
						s.Serve(&end, time.Now().Add(time.Hour), func(Ended) {})
						continue
					}
					running.Go(func() { s.Run(b.Context(), &end, time.Now().Add(time.Hour)) })
				}
				end.pending.Wait() // everyone's stream.ready
				b.ReportAllocs()
				for b.Loop() {
					end.pending.Add(streams)
					hub.Publish([]Event{log.commit(class, MessageCreated, "s")})
					end.pending.Wait()
				}
				reportDelivery(b, streams)
				end.pending.Add(streams) // stream.closing
				hub.Close()
				running.Wait()
			})
		}
	}
}

// benchHub is a hub over a log that has a class with a member s.
func benchHub(b *testing.B) (*memLog, *Hub) {
	b.Helper()
	log := newMemLog()
	log.commit(class, MemberJoined, "s")
	hub, err := New(Config{Log: log, Heartbeat: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(hub.Close)
	return log, hub
}

func benchStream(b *testing.B, hub *Hub) *Stream {
	b.Helper()
	s, err := hub.Open(b.Context(), Request{User: "s", Class: class})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// reportDelivery adds the time per stream.
func reportDelivery(b *testing.B, streams int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*streams), "ns/delivery")
}
