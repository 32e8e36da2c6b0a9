package abuse

import (
	"context"
	"net"
)

// Idle makes n connections and says nothing.
func Idle(ctx context.Context, target Target, n int) Outcome {
	return each(ctx, target, n, func(_ context.Context, conn *net.TCPConn, t *tally) { t.await(conn) })
}
