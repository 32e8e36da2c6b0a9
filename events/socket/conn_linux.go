package socket

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// Conn is a TCP connection that one owner writes to. It implements events.Socket.
type Conn struct {
	net     net.Conn
	timeout time.Duration
	watcher *Watcher
	aborted atomic.Bool

	// fd is the connection's own descriptor. Only the owner writes to it, and only the owner closes the connection, so
	// it can't be closed, and stand for another connection, in the middle of a write.
	fd int

	turn   int32  // tells this connection from others that had the same descriptor
	hangup func() // called once, by the watcher
	heard  int    // bytes; the watcher's
}

// Take takes a connection over from net/http. Whoever gets it must close it. A write that waits for more than timeout
// fails.
func (w *Watcher) Take(conn net.Conn, timeout time.Duration) (*Conn, error) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, fmt.Errorf("%w: a %T", ErrUnsupported, conn)
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	c := &Conn{net: conn, timeout: timeout, watcher: w}
	if err := raw.Control(func(fd uintptr) { c.fd = int(fd) }); err != nil {
		return nil, err
	}
	return c, nil
}

// TrySend implements events.Socket.
func (c *Conn) TrySend(p []byte) (int, error) {
	for {
		n, err := syscall.Write(c.fd, p)
		switch {
		case err == nil:
			return n, nil
		case errors.Is(err, syscall.EAGAIN):
			return 0, nil
		case !errors.Is(err, syscall.EINTR):
			return 0, err
		}
	}
}

// Send implements events.Sink.
func (c *Conn) Send(p []byte) error {
	if err := c.net.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return err
	}
	// Abort sets its mark before its deadline. So either the mark is seen here, or the deadline that Abort sets comes
	// after ours and ends the write.
	if c.aborted.Load() {
		return net.ErrClosed
	}
	_, err := c.net.Write(p)
	return err
}

// Abort implements events.Sink.
func (c *Conn) Abort() {
	c.aborted.Store(true)
	_ = c.net.SetWriteDeadline(time.Unix(1, 0)) // fails only once it is closed
}

// OnHangup implements events.Socket.
func (c *Conn) OnHangup(gone func()) error { return c.watcher.add(c, gone) }

// Close ends the connection. What was sent is still delivered.
func (c *Conn) Close() error {
	c.watcher.remove(c)
	return c.net.Close()
}
