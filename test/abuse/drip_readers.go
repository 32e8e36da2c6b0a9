package abuse

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// DripReaders opens n streams and reads each by one byte at a time; every is the pause between two. With 0
// nothing is read at all, and all count as held.
func DripReaders(ctx context.Context, target Target, n int, every time.Duration) Outcome {
	return drips(ctx, target, n, every, target.streamPath())
}

// DripAnswers is the same with the answer to an ordinary call, which had better be long.
func DripAnswers(ctx context.Context, target Target, n int, every time.Duration, path string) Outcome {
	return drips(ctx, target, n, every, path)
}

func drips(ctx context.Context, target Target, n int, every time.Duration, path string) Outcome {
	if target.Receive == 0 {
		target.Receive = smallReceive
	}
	return each(ctx, target, n, func(ctx context.Context, conn *net.TCPConn, t *tally) {
		if _, err := io.WriteString(conn, target.head("GET", path)+"\r\n"); err != nil {
			t.ended(err)
			return
		}
		resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil) // which reads ahead no further
		if err != nil {
			t.ended(err)
			return
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			t.count(func(o *Outcome) { o.Answered[resp.StatusCode]++ })
			return
		}
		t.ended(sip(ctx, resp.Body, every))
	})
}

// smallReceive is a receive buffer as small as systems allow.
const smallReceive = 4 << 10

// sip reads byte by byte until that fails.
func sip(ctx context.Context, body io.Reader, every time.Duration) error {
	if every == 0 {
		<-ctx.Done()
		return os.ErrDeadlineExceeded // who reads nothing doesn't learn that it was cut
	}
	pause := time.NewTicker(every)
	defer pause.Stop()
	var drop [1]byte
	for {
		if _, err := body.Read(drop[:]); err != nil {
			return err
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
}
