package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/r3labs/sse/v2"

	"homeroom/test/harness"
)

// TestOtherClient reads the stream with a client that others have written.
func TestOtherClient(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{Args: []string{"--heartbeat", "300ms", "--retry", "100ms"}})
	client := sse.NewClient(r.srv.URL + r.path("stream"))
	client.Headers["Authorization"] = "Bearer " + dora.Token(t, time.Hour)
	reading := &reading{}

	follow := func(t *testing.T) (stop func()) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		client.ReconnectStrategy = until{ctx}
		before := reading.count("stream.ready")
		go func() {
			defer close(done)
			_ = client.SubscribeRawWithContext(ctx, reading.take)
		}()
		harness.Eventually(t, "its stream is ready", func() bool { return reading.count("stream.ready") > before })
		return func() {
			cancel()
			<-done
		}
	}
	send := func(t *testing.T, from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			r.as(t, ben).Post(r.class, fmt.Sprintf("message %d", i))
		}
	}
	want := func(t *testing.T, n int) {
		t.Helper()
		harness.Eventually(t, fmt.Sprintf("it has %d messages", n), func() bool { return reading.count("message.created") >= n })
		for i, seq := range reading.seqs() {
			if seq != int64(5+i) { // four members have joined before
				t.Fatalf("seqs %v", reading.seqs())
			}
		}
	}

	t.Run("it receives the events", func(t *testing.T) {
		stop := follow(t)
		send(t, 0, 10)
		want(t, 10)
		harness.Eventually(t, "it sees heartbeats", func() bool { return reading.count("heartbeat") > 1 })
		stop()
	})
	t.Run("it resumes where it was", func(t *testing.T) {
		send(t, 10, 20)
		stop := follow(t)
		want(t, 20)
		send(t, 20, 25)
		want(t, 25)
		stop()
	})
	t.Run("no event was empty or broken", func(t *testing.T) {
		reading.mu.Lock()
		defer reading.mu.Unlock()
		if slices.Contains(reading.types, "") || reading.fault != nil {
			t.Errorf("types %v, %v", reading.types, reading.fault)
		}
	})
}

// until is a way to come back: soon, as long as the context lives.
type until struct{ ctx context.Context }

// NextBackOff is how long the client waits before it comes back; negative
// means that it stays away.
func (u until) NextBackOff() time.Duration {
	if u.ctx.Err() != nil {
		return -1
	}
	return 20 * time.Millisecond
}

// Reset has nothing to forget.
func (until) Reset() {}

// reading is what the other client has handed over.
type reading struct {
	mu    sync.Mutex // guards what follows
	types []string
	seq   []int64
	fault error
}

func (r *reading) take(event *sse.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.types = append(r.types, string(event.Event))
	var e harness.Event
	if err := json.Unmarshal(event.Data, &e); err != nil {
		r.fault = err
		return
	}
	if e.OfClass() {
		r.seq = append(r.seq, e.Seq)
	}
}

func (r *reading) count(event string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, kind := range r.types {
		if kind == event {
			n++
		}
	}
	return n
}

func (r *reading) seqs() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seq)
}
