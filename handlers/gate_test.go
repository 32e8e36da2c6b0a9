package handlers

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"testing"
)

// visitor is a connection from somewhere.
type visitor struct {
	net.Conn
	from   string
	closed bool
}

func (v *visitor) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(v.from), 4711))
}

func (v *visitor) Close() error {
	v.closed = true
	return nil
}

// arrive is a new connection, as net/http tells of it.
func arrive(g *Gate, from string) *visitor {
	v := &visitor{from: from}
	g.ConnState(v, http.StateNew)
	g.ConnState(v, http.StateActive)
	return v
}

func TestGate(t *testing.T) {
	wantEmpty := func(t *testing.T, g *Gate) {
		t.Helper()
		if g.total != 0 || len(g.addresses) != 0 {
			t.Errorf("left: %d, %v", g.total, g.addresses)
		}
	}
	t.Run("closes what is beyond the bound of an address, until others have gone", func(t *testing.T) {
		g := NewGate(GateConfig{MaxAddress: 2})
		first, second, beyond := arrive(g, "192.0.2.1"), arrive(g, "192.0.2.1"), arrive(g, "192.0.2.1")
		other := arrive(g, "192.0.2.2")
		if first.closed || second.closed || !beyond.closed || other.closed {
			t.Errorf("closed: %v, %v, %v, %v", first.closed, second.closed, beyond.closed, other.closed)
		}
		g.ConnState(beyond, http.StateClosed)
		g.ConnState(first, http.StateHijacked)
		next := arrive(g, "192.0.2.1")
		if next.closed {
			t.Error("closed though one was taken")
		}
		for _, v := range []*visitor{second, other, next} {
			g.ConnState(v, http.StateClosed)
		}
		wantEmpty(t, g)
	})
	t.Run("counts a network of IPv6 as one, and IPv4 in IPv6 as IPv4", func(t *testing.T) {
		for a, b := range map[string]string{"2001:db8::1": "2001:db8::2", "192.0.2.1": "::ffff:192.0.2.1"} {
			g := NewGate(GateConfig{MaxAddress: 1})
			arrive(g, a)
			if !arrive(g, b).closed {
				t.Errorf("%s and %s count for themselves", a, b)
			}
		}
	})
	t.Run("counts neither this machine nor a trusted proxy, but in all", func(t *testing.T) {
		trusted := netip.MustParseAddr("192.0.2.1")
		for _, from := range []string{"127.0.0.1", "::1", "192.0.2.1"} {
			g := NewGate(GateConfig{MaxAddress: 1, Max: 2, Trusted: func(a netip.Addr) bool { return a == trusted }})
			if arrive(g, from); arrive(g, from).closed {
				t.Errorf("%s is counted", from)
			}
			if !arrive(g, from).closed {
				t.Errorf("%s is not counted in all", from)
			}
		}
	})
	t.Run("counts those that were taken in all", func(t *testing.T) {
		taken := 1
		g := NewGate(GateConfig{Max: 2, Taken: func() int { return taken }})
		first := arrive(g, "192.0.2.1")
		if first.closed || !arrive(g, "192.0.2.2").closed {
			t.Error("miscounted")
		}
	})
	t.Run("doesn't count a connection for its address while it carries streams", func(t *testing.T) {
		g := NewGate(GateConfig{MaxAddress: 1})
		v := arrive(g, "192.0.2.1")
		ctx := g.ConnContext(t.Context(), v)
		first, second := g.streaming(ctx), g.streaming(ctx) // as HTTP/2 has them
		other := arrive(g, "192.0.2.1")
		if other.closed {
			t.Error("counted")
		}
		g.ConnState(other, http.StateClosed)
		first()
		if len(g.addresses) != 0 {
			t.Error("counted, though one is left")
		}
		second()
		if !arrive(g, "192.0.2.1").closed {
			t.Error("not counted after its streams")
		}
	})
	t.Run("stands it that a connection ends before its streams", func(t *testing.T) {
		g := NewGate(GateConfig{MaxAddress: 1})
		v := arrive(g, "192.0.2.1")
		done := g.streaming(g.ConnContext(t.Context(), v))
		g.ConnState(v, http.StateClosed)
		done()
		wantEmpty(t, g)
	})
	t.Run("is not needed", func(t *testing.T) {
		var g *Gate
		g.streaming(context.Background())()
	})
}
