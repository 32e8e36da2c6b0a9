package handlers

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"homeroom/events"
	"homeroom/events/socket"
	"homeroom/storage"
)

const (
	// DefaultWriteTimeout is how long one write to a client may take before the client counts as gone.
	DefaultWriteTimeout = 10 * time.Second
	// bodyTimeout is how long a request's body may take to arrive.
	bodyTimeout = 15 * time.Second
	// maxBody is the largest request body, in bytes: room for the longest text, each character escaped.
	maxBody = 64 << 10
)

// Config configures a server. Store, Hub, Tokens and SigningKey are required.
type Config struct {
	Store        storage.Store
	Hub          *events.Hub
	Tokens       *Tokens
	SigningKey   []byte // of sessions and stream tokens, from the store
	Logger       *slog.Logger
	Metrics      *prometheus.Registry // nil: /metrics is empty
	CORSOrigins  []string             // origins whose pages may call; none by default
	WriteTimeout time.Duration
	Sockets      *socket.Watcher // of streams over plain HTTP/1.1; nil: net/http keeps their connections
	Demo         *Demo           // development mode only

	StreamTokenTTL    time.Duration // how long a stream token opens streams
	RetainRevocations time.Duration // how long all that a user was issued stays refused

	Unlimited        bool // no limits at all, for load tests
	JoinLimit        int  // attempts to join a class, a minute and user
	JoinAddressLimit int  // the same, a minute and address
}

// Server answers HTTP requests.
type Server struct {
	store        storage.Store
	hub          *events.Hub
	tokens       *Tokens
	passes       passes
	log          *slog.Logger
	metrics      *prometheus.Registry
	origins      []string
	writeTimeout time.Duration
	sockets      *socket.Watcher
	demo         *Demo
	sameOrigin   *http.CrossOriginProtection
	joinLimits   []func(http.Handler) http.Handler

	streamTokenTTL    time.Duration
	retainRevocations time.Duration
}

// New makes a server; Handler is what listens.
func New(cfg Config) *Server {
	s := &Server{
		store:        cfg.Store,
		hub:          cfg.Hub,
		tokens:       cfg.Tokens,
		passes:       passes{cfg.SigningKey},
		log:          cfg.Logger,
		metrics:      cfg.Metrics,
		origins:      cfg.CORSOrigins,
		writeTimeout: cfg.WriteTimeout,
		sockets:      cfg.Sockets,
		demo:         cfg.Demo,
		sameOrigin:   http.NewCrossOriginProtection(),

		streamTokenTTL:    cmp.Or(cfg.StreamTokenTTL, DefaultStreamTokenTTL),
		retainRevocations: cmp.Or(cfg.RetainRevocations, storage.DefaultRetainRevocations),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.metrics == nil {
		s.metrics = prometheus.NewRegistry()
	}
	s.metrics.MustRegister(cfg.Tokens.known.result)
	if s.writeTimeout == 0 {
		s.writeTimeout = DefaultWriteTimeout
	}
	if !cfg.Unlimited {
		s.joinLimits = s.limitJoins(cmp.Or(cfg.JoinLimit, DefaultJoinLimit), cmp.Or(cfg.JoinAddressLimit, DefaultJoinAddressLimit))
	}
	return s
}
