package events

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestReconnect is the moment after a restart: the clients of many classes come back at once, each with a cursor some
// way back. What that costs the log goes with the classes, and not with the clients.
func TestReconnect(t *testing.T) {
	const classes, clients, back = 20, 2000, 100
	log := newMemLog()
	cursors := make([]Cursor, classes)
	for c := range classes {
		name := fmt.Sprintf("class-%d", c)
		for i := c; i < clients; i += classes {
			log.commit(name, MemberJoined, fmt.Sprintf("user-%d", i))
		}
		cursors[c] = Cursor{Epoch: "e1", Tag: ClassTag(name), Class: clients / classes}
		for range back {
			log.commit(name, MessageCreated, "")
		}
	}
	hub, err := New(Config{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	var coming sync.WaitGroup
	for i := range clients {
		coming.Go(func() {
			class := fmt.Sprintf("class-%d", i%classes)
			r := newReader(t)
			s, err := hub.Open(t.Context(), Request{User: fmt.Sprintf("user-%d", i), Class: class, After: &cursors[i%classes]})
			if err != nil {
				t.Error(err)
				return
			}
			s.Serve(r, time.Now().Add(time.Hour), func(Ended) {})
			if got := len(r.seqs()); got != back { // parked, so it has sent everything
				t.Errorf("client %d got %d events, want %d", i, got, back)
			}
		})
	}
	coming.Wait()
	loads, reads := log.counts()
	if loads != classes || reads != 0 {
		t.Errorf("%d loads and %d reads of the log, for %d classes", loads, reads, classes)
	}
}
