package abuse_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"homeroom/test/harness"
)

// open opens a stream of the honest members' class from a cursor, and reads it until it ends or ctx does.
func (a *arena) open(ctx context.Context, c *harness.Client, after string) (opened bool) {
	call := harness.Call{Method: http.MethodGet, Path: harness.ClassPath(a.members.class, "stream"), Header: map[string]string{"Last-Event-ID": after}}
	resp, err := c.Dial(ctx, call)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		a.Errorf("a stream is answered with %d, after which no EventSource comes back", resp.StatusCode)
	}
	_, _ = io.Copy(io.Discard, resp.Body) // it ends one way or the other
	return true
}

// storm has many clients open streams, and come back at once whenever theirs ends: worse than any EventSource.
func (a *arena) storm(ctx context.Context, clients []*harness.Client, streams int) {
	var opened atomic.Int64
	var storming sync.WaitGroup
	for i := range streams {
		storming.Go(func() {
			for ctx.Err() == nil {
				if a.open(ctx, clients[i%len(clients)], "") {
					opened.Add(1)
				}
			}
		})
	}
	storming.Wait()
	a.Logf("%d streams were opened", opened.Load())
}

func streamStorm(ctx context.Context, a *arena) {
	a.storm(ctx, []*harness.Client{a.pupil("many-tabs")}, 200)
}

func crowdStorm(ctx context.Context, a *arena) {
	var crowd []*harness.Client
	for i := range 20 {
		crowd = append(crowd, a.pupil(fmt.Sprintf("crowd-%d", i)))
	}
	a.storm(ctx, crowd, 400)
}

// replays asks for all that the class has, again and again, and goes before it has come.
func replays(ctx context.Context, a *arena) {
	c := a.pupil("historian")
	oldest := a.members.oldest
	var asking sync.WaitGroup
	for range workers {
		asking.Go(func() {
			for ctx.Err() == nil {
				short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
				a.open(short, c, oldest)
				cancel()
			}
		})
	}
	asking.Wait()
}

// stuckReaders open streams and read nothing of them.
func stuckReaders(ctx context.Context, a *arena) {
	c := a.pupil("sleeper")
	var stuck []*harness.Stuck
	for range 40 {
		stuck = append(stuck, c.Stuck(a.members.class, ""))
	}
	<-ctx.Done()
	for _, s := range stuck {
		s.Close()
	}
}
