package abuse

import (
	"context"
	"io"
	"net"
	"strings"
)

// The shapes of a giant head.
const (
	OneHeader   = "one header"   // that is huge
	ManyHeaders = "many headers" // that are small
	LongTarget  = "long target"  // in the request line
)

// GiantHeads is n requests with heads of so many bytes.
func GiantHeads(ctx context.Context, target Target, n, size int, shape string) Outcome {
	head := target.head("GET", "/healthz")
	switch shape {
	case OneHeader:
		head += "X-Giant: " + strings.Repeat("x", size) + "\r\n"
	case ManyHeaders:
		head += strings.Repeat("X-A: b\r\n", size/len("X-A: b\r\n"))
	case LongTarget:
		head = target.head("GET", "/healthz?q="+strings.Repeat("x", size))
	}
	head += "\r\n"
	return each(ctx, target, n, func(_ context.Context, conn *net.TCPConn, t *tally) {
		defer beside(conn, func() { _, _ = io.WriteString(conn, head) })() // it may be cut in the middle
		t.await(conn)
	})
}
