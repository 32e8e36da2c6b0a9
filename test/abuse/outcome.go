package abuse

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
)

// Outcome is what came of an attack's connections. Each is counted once, by how it ended.
type Outcome struct {
	Refused  int         // could not be made
	Answered map[int]int // were answered, by status
	Cut      int         // were ended by the server without an answer
	Held     int         // stood until the attack was over
}

// String is for a test's log.
func (o Outcome) String() string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(o.Answered)) {
		parts = append(parts, fmt.Sprintf("%d answered %d", o.Answered[status], status))
	}
	return strings.Join(append(parts, fmt.Sprintf("%d cut, %d held, %d refused", o.Cut, o.Held, o.Refused)), ", ")
}

// Total is how many connections there were.
func (o Outcome) Total() int {
	n := o.Refused + o.Cut + o.Held
	for _, answered := range o.Answered {
		n += answered
	}
	return n
}

// tally counts an outcome from many goroutines.
type tally struct {
	mu      sync.Mutex
	outcome Outcome
}

func (t *tally) count(do func(*Outcome)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do(&t.outcome)
}

// each runs n attackers at once, each with a connection that is closed at its end and whose reads and writes end with
// ctx, and waits for all.
func each(ctx context.Context, target Target, n int, attack func(context.Context, *net.TCPConn, *tally)) Outcome {
	t := &tally{outcome: Outcome{Answered: map[int]int{}}}
	var attackers sync.WaitGroup
	for range n {
		attackers.Go(func() {
			conn, err := target.dial(ctx)
			if err != nil {
				t.count(func(o *Outcome) { o.Refused++ })
				return
			}
			stop := context.AfterFunc(ctx, func() { expire(conn) })
			defer func() { stop(); _ = conn.Close() }()
			attack(ctx, conn, t)
		})
	}
	attackers.Wait()
	return t.outcome
}

// await reads an answer, and counts how the connection ended.
func (t *tally) await(conn net.Conn) {
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // what counts is the status
		_ = resp.Body.Close()
		t.count(func(o *Outcome) { o.Answered[resp.StatusCode]++ })
		return
	}
	t.ended(err)
}

// ended counts a connection that ended with an error of reading or writing.
func (t *tally) ended(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) { // set by the end of the attack
		t.count(func(o *Outcome) { o.Held++ })
		return
	}
	t.count(func(o *Outcome) { o.Cut++ })
}
