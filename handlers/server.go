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
	Gate         *Gate           // of the http.Server, to be told of streams; nil: there is none
	Demo         *Demo           // development mode only

	StreamTokenTTL    time.Duration // how long a stream token opens streams
	RetainRevocations time.Duration // how long all that a user was issued stays refused

	MetricsElsewhere bool // /metrics isn't served here
	HSTS             HSTS

	Unlimited bool // no limits at all, for load tests
	Limits    Limits
	Proxies   *Proxies // whose word on where a request comes from is taken; nil: nobody's
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
	gate         *Gate
	demo         *Demo
	hsts         HSTS
	sameOrigin   *http.CrossOriginProtection
	limits       *limits // nil: none
	proxies      *Proxies

	metricsElsewhere  bool
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
		gate:         cfg.Gate,
		demo:         cfg.Demo,
		hsts:         cfg.HSTS,
		sameOrigin:   http.NewCrossOriginProtection(),
		proxies:      cfg.Proxies,

		metricsElsewhere:  cfg.MetricsElsewhere,
		streamTokenTTL:    cmp.Or(cfg.StreamTokenTTL, DefaultStreamTokenTTL),
		retainRevocations: cmp.Or(cfg.RetainRevocations, storage.DefaultRetainRevocations),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.metrics == nil {
		s.metrics = prometheus.NewRegistry()
	}
	cfg.Tokens.register(s.metrics)
	if s.writeTimeout == 0 {
		s.writeTimeout = DefaultWriteTimeout
	}
	if limits := newLimits(cfg.Limits, s.metrics); !cfg.Unlimited { // whose metrics are there in any case
		s.limits = limits
	}
	return s
}
