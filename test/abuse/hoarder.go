package abuse

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
)

// Hoard opens n streams of the class and keeps them, reading all that comes. Those that end with stream.closing count as
// answered: it is no breach.
func Hoard(ctx context.Context, target Target, n int) Outcome {
	return each(ctx, target, n, func(_ context.Context, conn *net.TCPConn, t *tally) {
		if _, err := io.WriteString(conn, target.head("GET", target.streamPath())+"\r\n"); err != nil {
			t.ended(err)
			return
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.ended(err)
			return
		}
		defer func() { _ = resp.Body.Close() }()
		closing := false
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			closing = closing || strings.HasPrefix(lines.Text(), "event: stream.closing")
		}
		switch err := lines.Err(); {
		case closing, resp.StatusCode != http.StatusOK:
			t.count(func(o *Outcome) { o.Answered[resp.StatusCode]++ })
		case err != nil:
			t.ended(err)
		default:
			t.ended(io.EOF)
		}
	})
}
