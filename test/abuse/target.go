package abuse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

// Target is whom an attack is for, and as whom.
type Target struct {
	Addr  string // host:port
	From  string // the attacker's own address, such as 127.0.0.2; "": any
	Token string // of a member; "" where nobody has to be known
	Class string // that the member is of
	// Receive is the size of the receive buffer in bytes; 0: the system's own. A small one makes a reader that doesn't read
	// be felt soon.
	Receive int
}

// dialTimeout is how long a server may take to accept.
const dialTimeout = 10 * time.Second

// dial opens a connection.
func (t Target) dial(ctx context.Context) (*net.TCPConn, error) {
	dialer := net.Dialer{Timeout: dialTimeout, Control: t.shrink}
	if t.From != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(t.From)}
	}
	conn, err := dialer.DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// shrink sets the receive buffer before the connection is made, so that the window is never larger.
func (t Target) shrink(_, _ string, raw syscall.RawConn) error {
	if t.Receive == 0 {
		return nil
	}
	var set error
	err := raw.Control(func(fd uintptr) {
		set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, t.Receive)
	})
	return errors.Join(err, set)
}

// head is the head of a request as the member, without the empty line that ends it.
func (t Target) head(method, path string) string {
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, t.Addr)
	if t.Token != "" {
		head += "Authorization: Bearer " + t.Token + "\r\n"
	}
	return head
}

// streamPath is the path of the class's stream.
func (t Target) streamPath() string { return "/v1/classes/" + t.Class + "/stream" }
