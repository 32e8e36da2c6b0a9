package abuse

import (
	"context"
	"io"
	"net"
	"time"
)

// dripEvery is the pause between two bytes of who is slow on purpose: short enough not to count as idle anywhere.
const dripEvery = 250 * time.Millisecond

// drip writes text byte by byte, and its last byte over and over then, until that fails or ctx ends.
func drip(ctx context.Context, conn net.Conn, text string, every time.Duration) {
	pause := time.NewTicker(every)
	defer pause.Stop()
	for i := 0; ; i++ {
		if _, err := io.WriteString(conn, text[min(i, len(text)-1):][:1]); err != nil {
			return
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
	}
}

// expire ends what a connection waits for.
func expire(conn net.Conn) { _ = conn.SetDeadline(time.Unix(1, 0)) }

// beside writes to a connection while its caller reads from it. What it returns ends the connection, and waits for that.
func beside(conn net.Conn, write func()) (end func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		write()
	}()
	return func() {
		_ = conn.Close()
		<-done
	}
}
