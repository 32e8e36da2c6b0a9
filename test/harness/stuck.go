package harness

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// Stuck is a stream whose reader stops reading after the first frame, with a
// socket that holds little: what a sleeping laptop looks like to the server.
type Stuck struct {
	Ready Frame

	tb     testing.TB
	conn   net.Conn
	parser *parser
	cursor string
}

// stuckBuffer is the receive buffer of a stuck reader, as small as systems allow.
const stuckBuffer = 4 << 10

// Stuck opens a stream from a cursor, or from now on, reads its first
// frame, and then nothing more.
func (c *Client) Stuck(class, cursor string) *Stuck {
	c.tb.Helper()
	dialer := net.Dialer{Timeout: Patience, Control: func(_, _ string, raw syscall.RawConn) error {
		var set error
		err := raw.Control(func(fd uintptr) {
			set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, stuckBuffer)
		})
		return errors.Join(err, set)
	}}
	conn, err := dialer.DialContext(c.tb.Context(), "tcp", c.server.addr)
	if err != nil {
		c.tb.Fatal(err)
	}
	c.tb.Cleanup(func() { _ = conn.Close() })
	req, err := http.NewRequestWithContext(c.tb.Context(), http.MethodGet, c.server.URL+ClassPath(class, "stream"), nil)
	if err != nil {
		c.tb.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if cursor != "" {
		req.Header.Set("Last-Event-ID", cursor)
	}
	_ = conn.SetDeadline(time.Now().Add(Patience))
	if err := req.Write(conn); err != nil {
		c.tb.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		c.tb.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		c.tb.Fatalf("stream: status %d", resp.StatusCode)
	}
	s := &Stuck{tb: c.tb, conn: conn, parser: newParser(resp.Body)}
	if s.Ready, err = s.parser.Next(); err != nil || s.Ready.Event != "stream.ready" {
		c.tb.Fatalf("first frame %q: %v", s.Ready.Event, err)
	}
	s.cursor = s.Ready.ID
	return s
}

// Drain reads on to the end of the stream, which the server must have cut or
// cut now, and returns the last cursor and the seqs of the class's events before it.
func (s *Stuck) Drain() (cursor string, seqs []int64) {
	s.tb.Helper()
	_ = s.conn.SetDeadline(time.Now().Add(Patience))
	for {
		frame, err := s.parser.Next()
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
				return s.cursor, seqs
			}
			s.tb.Fatal(fmt.Errorf("drain a stuck stream: %w", err))
		}
		if err := checkFrame(theContract(s.tb), frame); err != nil {
			s.tb.Error(err)
		}
		if frame.HasID {
			s.cursor = frame.ID
		}
		if frame.Parsed.OfClass() {
			seqs = append(seqs, frame.Parsed.Seq)
		}
	}
}

// Close closes the connection without reading on.
func (s *Stuck) Close() { _ = s.conn.Close() }
