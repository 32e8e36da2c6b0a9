package abuse

import (
	"context"
	"fmt"
	"io"
	"net"
)

// slowBody is how long the body of a slow request claims to be, in bytes.
const slowBody = 10_000

// SlowBodies is n requests whose bodies arrive byte by byte: posts of messages, or of a method and to a path that takes none.
func SlowBodies(ctx context.Context, target Target, n int, method, path string) Outcome {
	return each(ctx, target, n, func(ctx context.Context, conn *net.TCPConn, t *tally) {
		head := target.head(method, path) + fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", slowBody)
		if _, err := io.WriteString(conn, head); err != nil {
			t.ended(err)
			return
		}
		defer beside(conn, func() { drip(ctx, conn, `{"text":"x`, dripEvery) })()
		t.await(conn)
	})
}
