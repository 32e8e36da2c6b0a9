package handlers

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/go-chi/httprate"
	"github.com/prometheus/client_golang/prometheus"
)

// DefaultMaxAddressConnections is how many connections that are no streams an address may have at a time: a whole school
// may share one, and a browser keeps up to six.
const DefaultMaxAddressConnections = 2000

// GateConfig configures a gate. Its zero value bounds nothing.
type GateConfig struct {
	// Max is how many connections may be open at a time, of all kinds; 0: any number. It is to be less than there are
	// descriptors: a process that has none left can't accept, nor open a file.
	Max int
	// MaxAddress is how many of those that are no streams one address may have; 0: any number. This machine's own
	// address isn't counted: it is a proxy's or the administrator's.
	MaxAddress int
	// Trusted reports whether an address is a proxy's, which speaks for many and isn't counted either; nil: none is.
	Trusted func(netip.Addr) bool
	// Taken is how many connections were taken from net/http and are open still; nil: none.
	Taken   func() int
	Metrics prometheus.Registerer // nil: counted but not exported
}

// Gate bounds how many connections are open before anything is known of those who made them: of one address, so that
// nobody takes all places by heads that never end or handshakes that are broken off, and in all. What is beyond is closed
// as soon as it is accepted.
//
// Its ConnState and ConnContext are to be those of the [http.Server].
type Gate struct {
	cfg     GateConfig
	open    prometheus.Gauge
	refused *prometheus.CounterVec

	mu        sync.Mutex     // guards what follows
	total     int            // connections that net/http has
	addresses map[string]int // of those that are no streams; what counts nothing has no entry
}

// What a connection is refused for.
const (
	beyondAll     = "all"
	beyondAddress = "address"
)

// NewGate makes a gate.
func NewGate(cfg GateConfig) *Gate {
	if cfg.Taken == nil {
		cfg.Taken = func() int { return 0 }
	}
	g := &Gate{cfg: cfg, addresses: map[string]int{}}
	g.open = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "homeroom_connections_open", Help: "Connections that are open, without those that were given to streams for good.",
	})
	g.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "homeroom_connections_refused_total", Help: "Connections that were closed at once, by what there were too many of: of one address, or in all.",
	}, []string{"cap"})
	for _, reason := range []string{beyondAll, beyondAddress} {
		g.refused.WithLabelValues(reason) // there from the start
	}
	if cfg.Metrics != nil {
		cfg.Metrics.MustRegister(g.open, g.refused)
	}
	return g
}

// ConnState counts, and closes what is beyond a bound. A connection that is closed here counts until net/http has seen
// it: each counts once as new, and once as closed or taken.
func (g *Gate) ConnState(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if reason := g.enter(g.addressOf(conn)); reason != "" {
			g.refused.WithLabelValues(reason).Inc()
			_ = conn.Close() // net/http notices when it reads
		}
	case http.StateClosed, http.StateHijacked:
		g.leave(g.addressOf(conn))
	}
}

// enter counts a new connection, and says what there are too many of with it, if anything.
func (g *Gate) enter(address string) (beyond string) {
	taken := g.cfg.Taken()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total++
	g.open.Set(float64(g.total))
	g.countLocked(address, 1)
	switch {
	case g.cfg.Max > 0 && g.total+taken > g.cfg.Max:
		return beyondAll
	case address != "" && g.cfg.MaxAddress > 0 && g.addresses[address] > g.cfg.MaxAddress:
		return beyondAddress
	}
	return ""
}

// leave undoes enter.
func (g *Gate) leave(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total--
	g.open.Set(float64(g.total))
	g.countLocked(address, -1)
}

// countLocked counts more or fewer of an address. That can be fewer than none for a moment: net/http may tell of the end
// of a connection before its streams have ended.
func (g *Gate) countLocked(address string, by int) {
	if address == "" {
		return
	}
	if g.addresses[address] += by; g.addresses[address] == 0 {
		delete(g.addresses, address)
	}
}

// addressOf is under what a connection counts, or "" if it counts for no address. A network of IPv6 counts as one.
func (g *Gate) addressOf(conn net.Conn) string {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return "" // no TCP
	}
	address := at.Addr().Unmap()
	if address == netip.IPv6Loopback() || address == netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		return ""
	}
	if g.cfg.Trusted != nil && g.cfg.Trusted(address) {
		return ""
	}
	return httprate.CanonicalizeIP(address.String())
}

// carrier is a connection that carries requests, as their contexts know it.
type carrier struct {
	address string
	streams int // that it carries; guarded by Gate.mu
}

type carrierKey struct{}

// ConnContext remembers the connection for what comes over it.
func (g *Gate) ConnContext(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, carrierKey{}, &carrier{address: g.addressOf(conn)})
}

// streaming takes a connection that net/http keeps from those that count for its address while it carries a stream,
// until done is called. Streams are counted on their own.
func (g *Gate) streaming(ctx context.Context) (done func()) {
	c, ok := ctx.Value(carrierKey{}).(*carrier)
	if g == nil || !ok {
		return func() {}
	}
	carry := func(by int) {
		g.mu.Lock()
		defer g.mu.Unlock()
		before := c.streams
		c.streams += by
		if (before == 0) != (c.streams == 0) {
			g.countLocked(c.address, -by)
		}
	}
	carry(1)
	return func() { carry(-1) }
}
