package load

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

const (
	dialWait   = 30 * time.Second
	slowBuffer = 4 << 10 // bytes that the system takes for a slow reader that isn't reading, as few as it allows
	slowPacket = 536     // bytes of a packet to a slow reader, the least of IPv4: so little is on its way, too
)

// dialer connects readers.
type dialer struct {
	addresses int
	turn      atomic.Int64
	bytes     *atomic.Int64 // received
}

// dial connects a reader.
func (d *dialer) dial(ctx context.Context, address string, slow bool) (net.Conn, error) {
	dial := net.Dialer{Timeout: dialWait}
	if d.addresses > 1 {
		dial.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+d.turn.Add(1)%int64(d.addresses)))}
	}
	if slow {
		dial.Control = narrow
	}
	conn, err := dial.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// Who closes first keeps the port for a minute, unless it resets: there are not enough ports for that.
		_ = tcp.SetLinger(0)
		if slow {
			_ = tcp.SetReadBuffer(slowBuffer) // for systems where narrow does nothing
		}
	}
	return &countingConn{conn, d.bytes}, nil
}

// countingConn counts what it reads.
type countingConn struct {
	net.Conn
	bytes *atomic.Int64
}

func (c *countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}
