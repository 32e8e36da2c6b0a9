package abuse

import (
	"context"
	"io"
	"net"
	"sync"
)

// aborters is how many handshakes are broken off at a time.
const aborters = 16

// Aborted makes n connections, some at a time, and breaks each off: right away, in the middle of a head, or after a whole
// request whose answer nobody waits for; by a reset, or by an ordinary end. Those that could be made count as held.
func Aborted(ctx context.Context, target Target, n int) Outcome {
	t := &tally{outcome: Outcome{Answered: map[int]int{}}}
	turns := make(chan int)
	var attackers sync.WaitGroup
	for range aborters {
		attackers.Go(func() {
			for turn := range turns {
				abort(ctx, target, turn, t)
			}
		})
	}
	for turn := range n {
		if ctx.Err() != nil {
			break
		}
		turns <- turn
	}
	close(turns)
	attackers.Wait()
	return t.outcome
}

func abort(ctx context.Context, target Target, turn int, t *tally) {
	conn, err := target.dial(ctx)
	if err != nil {
		t.count(func(o *Outcome) { o.Refused++ })
		return
	}
	defer func() { _ = conn.Close() }()
	said := []string{"", "GET /heal", "\x16\x03\x01\x02\x00\x01", target.head("GET", "/healthz") + "\r\n"}[turn%4]
	_, _ = io.WriteString(conn, said) // who was cut before counts all the same
	if turn%8 < 4 {
		reset(conn)
	}
	t.count(func(o *Outcome) { o.Held++ })
}

// reset has a connection end without a goodbye.
func reset(conn *net.TCPConn) { _ = conn.SetLinger(0) }
