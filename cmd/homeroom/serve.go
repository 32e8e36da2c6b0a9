package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"homeroom/events"
	"homeroom/events/socket"
	"homeroom/handlers"
	"homeroom/storage"
)

const (
	headerTimeout = 10 * time.Second // for a request's headers to arrive
	idleTimeout   = 2 * time.Minute  // for a connection between requests; above what proxies reuse
	answerTimeout = 90 * time.Second // for a request to be answered and the answer to be read; above the longest poll. Streams have their own.
	maxHeader     = 32 << 10
)

// serveCommand runs the service.
type serveCommand struct {
	databaseFlags
	tokenFlags
	keySetFlags
	logFlags
	retentionFlags
	connectionFlags
	limitFlags
	spamFlags
	tlsFlags
	metricsFlags
	sessionFlags
	Addr         string        `env:"HOMEROOM_ADDR" default:"127.0.0.1:8080" help:"Address to listen on."`
	CORSOrigins  []string      `env:"HOMEROOM_CORS_ORIGINS" name:"cors-origins" help:"Origins whose pages may call, between commas: https://school.example."`
	Heartbeat    time.Duration `env:"HOMEROOM_HEARTBEAT" default:"15s" help:"Time between heartbeats of a stream."`
	Retry        time.Duration `env:"HOMEROOM_RETRY" default:"2s" help:"Mean time after which clients come back; each is told half to one and a half times as much."`
	Drain        time.Duration `env:"HOMEROOM_DRAIN" default:"10s" help:"Longest time of a graceful stop."`
	Poll         time.Duration `env:"HOMEROOM_POLL" default:"500ms" help:"Time between looks for what other processes wrote."`
	WriteTimeout time.Duration `env:"HOMEROOM_WRITE_TIMEOUT" default:"10s" help:"Longest time of one write to a stream."`
	Queue        int           `env:"HOMEROOM_QUEUE" default:"512" help:"Frames that may wait for one stream before it is cut."`
	Ring         int           `env:"HOMEROOM_RING" default:"512" help:"Newest frames of a class that are kept in memory."`

	MemoryLimit uint64 `name:"memory-limit" env:"HOMEROOM_MEMORY_LIMIT" placeholder:"MIB" help:"MiB in use from which on new streams are turned away and the slowest are cut; nine tenths of GOMEMLIMIT by default, or any."`

	DebugAddr string `env:"HOMEROOM_DEBUG_ADDR" help:"A loopback address for profiles (net/http/pprof); none by default."`

	JobPoll time.Duration `env:"HOMEROOM_JOB_POLL" default:"2s" help:"Longest time between looks for what is to be published or reminded of: how late that may be when another process planned it."`

	PresenceGrace time.Duration `env:"HOMEROOM_PRESENCE_GRACE" default:"10s" help:"Time that a user may have no stream without counting as gone."`
	AwayAfter     time.Duration `env:"HOMEROOM_AWAY_AFTER" default:"5m" help:"Time without doing anything after which a user counts as away."`
}

// Run serves until a signal, then stops gracefully.
func (c *serveCommand) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	log := c.logger()
	keys, err := c.keySet(log)
	if err != nil {
		return err
	}
	tokens, err := c.tokens(&c.databaseFlags, keys)
	if err != nil {
		return err
	}
	store, err := c.open(ctx, c.spamOptions(c.Limits == "off")...)
	if err != nil {
		return err
	}
	err = c.serve(ctx, log, tokens, store)
	return errors.Join(err, store.Close())
}

// check refuses settings that can't work.
func (c *serveCommand) check() error {
	for _, positive := range [...]struct {
		name  string
		value int64
	}{
		{"HOMEROOM_HEARTBEAT", int64(c.Heartbeat)}, {"HOMEROOM_RETRY", int64(c.Retry)}, {"HOMEROOM_DRAIN", int64(c.Drain)},
		{"HOMEROOM_POLL", int64(c.Poll)}, {"HOMEROOM_WRITE_TIMEOUT", int64(c.WriteTimeout)},
		{"HOMEROOM_QUEUE", int64(c.Queue)}, {"HOMEROOM_RING", int64(c.Ring)},
		{"HOMEROOM_PRESENCE_GRACE", int64(c.PresenceGrace)}, {"HOMEROOM_AWAY_AFTER", int64(c.AwayAfter)},
		{"HOMEROOM_JOB_POLL", int64(c.JobPoll)},
		{"HOMEROOM_RETAIN_AGE", int64(c.RetainAge)}, {"HOMEROOM_RETAIN_EVENTS", c.RetainEvents}, {"HOMEROOM_RETAIN_EVERY", int64(c.RetainEvery)},
		{"HOMEROOM_RETAIN_NOTIFICATIONS", int64(c.RetainNotifications)}, {"HOMEROOM_RETAIN_HELD", int64(c.RetainHeld)},
	} {
		if positive.value <= 0 {
			return fmt.Errorf("%s must be more than zero", positive.name)
		}
	}
	for _, check := range [...]func() error{c.keySetFlags.check, c.checkConnections, c.checkLimits, c.checkSpam, c.tlsFlags.check} {
		if err := check(); err != nil {
			return err
		}
	}
	for _, origin := range c.CORSOrigins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			return fmt.Errorf("HOMEROOM_CORS_ORIGINS: %q is no origin; want SCHEME://HOST or SCHEME://HOST:PORT", origin)
		}
	}
	if err := c.sessionFlags.check(); err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return fmt.Errorf("HOMEROOM_ADDR: %w; want HOST:PORT", err)
	}
	if c.development() && !loopback(c.Addr) {
		return fmt.Errorf("development mode listens on loopback only, not on %q; set HOMEROOM_JWT_SECRET or HOMEROOM_JWKS to serve others", c.Addr)
	}
	return nil
}

// serve wires the parts together, and runs them until ctx ends.
func (c *serveCommand) serve(ctx context.Context, log *slog.Logger, tokens *handlers.Tokens, store storage.Store) error {
	key, err := store.SigningKey(ctx)
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	room, unlimited := c.room(openFiles()), c.Limits == "off"
	hubConfig := events.Config{
		Log: store, Logger: log, Metrics: registry, Heartbeat: c.Heartbeat, Retry: c.Retry, Poll: c.Poll,
		Queue: c.Queue, Ring: c.Ring, Reload: handlers.ReloadPaths, MemoryLimit: c.memoryLimit(),
		Grace: c.PresenceGrace, AwayAfter: c.AwayAfter, Register: store,
	}
	c.cap(&hubConfig, room, unlimited)
	hub, err := events.New(hubConfig)
	if err != nil {
		return err
	}
	store.Register(registry)
	store.OnCommit(hub.Publish)
	sockets, err := socket.NewWatcher()
	if err != nil {
		return err
	}
	defer sockets.Close()
	defer hub.Close() // whose streams need the watcher
	c.startTokens(log, tokens)
	defer tokens.Close()
	background, stop := context.WithCancel(ctx)
	var tasks sync.WaitGroup
	tasks.Go(func() { c.retain(background, log, store) })
	tasks.Go(func() { tuneGC(background) })
	defer tasks.Wait()
	defer stop()
	store.OnReceipts(hub.Receipts)
	tasks.Go(func() { store.RunJobs(background, storage.Schedule{Poll: c.JobPoll, Logger: log}) })
	proxies, err := handlers.ParseProxies(c.TrustedProxies)
	if err != nil {
		return err
	}
	gateConfig := c.gate(room, unlimited, hub.OnSockets, registry)
	gateConfig.Trusted = proxies.Trusts
	gate := handlers.NewGate(gateConfig)
	config := handlers.Config{
		SigningKey: key, StreamTokenTTL: c.StreamTokenTTL, RetainRevocations: c.RetainRevocations,
		Store: store, Hub: hub, Tokens: tokens, Logger: log, Metrics: registry,
		CORSOrigins: c.CORSOrigins, WriteTimeout: c.WriteTimeout, Sockets: sockets, Gate: gate,
		MetricsElsewhere: c.MetricsAddr != "", HSTS: c.hsts(),
		Unlimited: unlimited, Limits: c.limits(), Proxies: proxies,
	}
	if c.development() {
		if config.Demo, err = handlers.NewDemo(ctx, store); err != nil {
			return err
		}
	}
	pair, err := c.keyPair(log)
	if err != nil {
		return err
	}
	if pair != nil {
		tasks.Go(func() { pair.watch(background) })
	}
	profiles, err := startDebug(c.DebugAddr, log)
	if err != nil {
		return err
	}
	defer profiles.Close()
	metrics, err := startMetrics(c.MetricsAddr, registry, log)
	if err != nil {
		return err
	}
	defer metrics.Close()
	listener, err := c.listen(ctx, c.Addr)
	if err != nil {
		return err
	}
	addr := listener.Addr().String()
	log.Info("listening", "addr", addr, "tls", c.secure(), "version", version(), "development", c.development())
	room.tell(log)
	if c.development() {
		if err := printBanner(c.scheme()+"://"+addr, config.Demo, tokens); err != nil {
			return err
		}
	}
	server := &http.Server{
		Handler:           handlers.New(config).Handler(),
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnState:         gate.ConnState,
		ConnContext:       gate.ConnContext,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),

		DisableGeneralOptionsHandler: true, // OPTIONS * is for our own handler like all else
	}
	failed := make(chan error, 1)
	go func() { failed <- c.tlsFlags.serve(server, listener, pair, c.WriteTimeout) }() // ended by Shutdown or Close in stop
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		return c.stop(log, server, hub)
	}
}

// stop ends streams, lets requests finish, and within the bound gives up on those that don't. Streams end first:
// Shutdown closes the listener at once but then waits for those that are requests still.
func (c *serveCommand) stop(log *slog.Logger, server *http.Server, hub *events.Hub) error {
	log.Info("stopping", "within", c.Drain.String())
	ctx, cancel := context.WithTimeout(context.Background(), c.Drain)
	defer cancel()
	var draining sync.WaitGroup
	draining.Go(func() { hub.Drain(ctx) })
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("connections cut that did not end in time")
		err = server.Close()
	}
	draining.Wait()
	log.Info("stopped")
	return err
}
