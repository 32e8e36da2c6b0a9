package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Defaults of [Config].
const (
	DefaultHeartbeat = 15 * time.Second       // under the 30 s idle limit of common proxies
	DefaultRetry     = 2 * time.Second        // the mean of what streams are told
	DefaultPoll      = 500 * time.Millisecond // a removal on another node must close streams within 1 s
	DefaultQueue     = 512                    // frames that wait for one reader before it is cut
	DefaultRing      = 512                    // frames kept per channel for those who come back
)

const (
	linger    = time.Minute      // a feed outlives its last reader, for those who come right back
	logWait   = 10 * time.Second // the longest wait for one answer of the log
	logBatch  = 500              // events per read of the log
	headsMost = 1000             // channels per question for heads
)

var (
	// ErrNoAccess says that the user may not read the class, or that there is none.
	ErrNoAccess = errors.New("no such class for this user")
	// ErrClosed says that the hub drains or is closed. The condition passes: another node, or this one after its
	// restart, takes the stream.
	ErrClosed = errors.New("the hub is closed")
)

// Config configures a hub. Only Log is required.
type Config struct {
	Log       Log
	Logger    *slog.Logger
	Metrics   prometheus.Registerer // nil: counted but not exported
	Heartbeat time.Duration
	Retry     time.Duration
	Poll      time.Duration
	Queue     int
	Ring      int
	// How many streams may be open on this node at a time, long polls among them; 0: any number. Beyond MaxUserStreams a
	// user's oldest one makes room; beyond the others newcomers are turned away.
	MaxStreams        int // in all
	MaxUserStreams    int
	MaxAddressStreams int
	MaxClassStreams   int // of the class's own, not of those of all classes
	// MemoryLimit is how many bytes may be in use before new streams are turned away and the slowest are cut; 0: any.
	MemoryLimit uint64
	// MemoryUsed tells how many are in use; [UsedMemory] by default.
	MemoryUsed func() uint64
	// Grace is how long a user may have no stream without being gone.
	Grace time.Duration
	// AwayAfter is how long a user may do nothing without being away.
	AwayAfter time.Duration
	Register  Register // keeps who was there; nil: nobody does
	// ReceiptRate is how many receipt.updated a class sends per second at most.
	ReceiptRate int
	// Reload names the paths that a client of a class fetches after a loss.
	Reload func(class string) []string
}

// Hub hands committed events to streams. See the package comment for how.
type Hub struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	wheel   *wheel
	expiry  *expiry
	shards  []*shard
	heads   chan *feed  // inboxes that wait to learn their head
	short   atomic.Bool // of memory
	inboxes []*feed     // whose heads watch has yet to ask for in this round

	broadcasts  chan Event // that wait to be announced
	revocations *revocations

	receipts *receiptPace
	presence *presence

	stop  context.CancelFunc
	ctx   context.Context // ends with Close; for work that no request owns
	tasks sync.WaitGroup

	mu      sync.RWMutex // guards what follows
	epoch   string
	feeds   map[Channel]*feed
	streams map[*Stream]struct{}
	census  census
	served  int // streams on sockets
	turn    int // of the shards
	closed  bool

	allLeft sync.Once
	left    chan struct{} // closed when the hub is and no stream on a socket is left
}

// New starts a hub over a log that can be reached. Close stops it.
func New(cfg Config) (*Hub, error) {
	cfg.Heartbeat = orDefault(cfg.Heartbeat, DefaultHeartbeat)
	cfg.Retry = orDefault(cfg.Retry, DefaultRetry)
	cfg.Poll = orDefault(cfg.Poll, DefaultPoll)
	cfg.Queue = orDefault(cfg.Queue, DefaultQueue)
	cfg.Ring = orDefault(cfg.Ring, DefaultRing)
	cfg.Grace = orDefault(cfg.Grace, DefaultGrace)
	cfg.AwayAfter = orDefault(cfg.AwayAfter, DefaultAwayAfter)
	cfg.ReceiptRate = orDefault(cfg.ReceiptRate, DefaultReceiptRate)
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.MemoryUsed == nil {
		cfg.MemoryUsed = UsedMemory
	}
	if cfg.Reload == nil {
		cfg.Reload = func(string) []string { return []string{} }
	}
	ctx, stop := context.WithCancel(context.Background())
	h := &Hub{
		cfg:    cfg,
		log:    cfg.Logger,
		wheel:  newWheel(cfg.Heartbeat),
		expiry: newExpiry(),
		heads:  make(chan *feed, headsMost),

		broadcasts:  make(chan Event, broadcastsMost),
		revocations: newRevocations(),

		receipts: newReceiptPace(cfg.ReceiptRate),
		presence: newPresence(cfg),

		ctx:     ctx,
		stop:    stop,
		feeds:   map[Channel]*feed{},
		streams: map[*Stream]struct{}{},
		census:  newCensus(),
		left:    make(chan struct{}),
	}
	h.metrics = newMetrics(cfg.Metrics, h)
	first, cancel := context.WithTimeout(ctx, logWait)
	defer cancel()
	at, err := cfg.Log.Heads(first, nil)
	if err != nil {
		stop()
		return nil, fmt.Errorf("read the epoch: %w", err)
	}
	h.epoch = at.Epoch
	h.tasks.Go(h.watch)
	h.tasks.Go(h.answerHeads)
	h.tasks.Go(h.announceAll)
	h.tasks.Go(h.followRevocations)
	h.tasks.Go(func() { h.wheel.run(ctx) })
	h.tasks.Go(func() { h.expiry.run(ctx) })
	if cfg.MemoryLimit > 0 {
		h.tasks.Go(func() { h.watchMemory(ctx) })
	}
	for range runtime.GOMAXPROCS(0) {
		d := newShard(h)
		h.shards = append(h.shards, d)
		h.tasks.Go(func() { d.run(ctx) })
	}
	h.tasks.Go(func() { h.receipts.pace.run(ctx, h.tellReceipts) })
	h.tasks.Go(func() { h.presence.changes.run(ctx, h.tellPresence) })
	h.tasks.Go(func() { h.presence.typing.run(ctx, h.tellTyping) })
	h.tasks.Go(func() { h.presence.alarms.run(ctx, h.presence.ring) })
	h.tasks.Go(func() { h.presence.register.run(ctx) })
	h.followBroadcasts()
	if _, err := h.feed(first, BroadcastChannel); err != nil { // nobody is let in before it is known who isn't
		h.Close()
		return nil, fmt.Errorf("read what is revoked: %w", err)
	}
	return h, nil
}

func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// Publish hands over events that are committed, in seq order per channel. It never blocks on a reader or the log.
func (h *Hub) Publish(evs []Event) {
	for i := range evs {
		e := &evs[i]
		f := h.lookup(e.Channel)
		if f == nil {
			continue // nobody here reads it; whoever comes loads it from the log
		}
		frame, err := eventFrame(e)
		if err != nil { // the payload came out of an encoder; if it is broken, readers find it by the log
			h.log.Error("encode event", "channel", e.Channel, "seq", e.Seq, "error", err)
			continue
		}
		if f.offer(e, frame) {
			h.fill(f)
		}
	}
}

// Epoch is the epoch of the log.
func (h *Hub) Epoch() string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.epoch
}

// Close drains the hub and stops it. It waits for all that the hub started, and for streams on sockets; streams that
// others run must have returned, or must do so on their own.
func (h *Hub) Close() {
	h.Drain(context.Background())
	h.stop()
	h.tasks.Wait()
	h.closePresence()
}

func (h *Hub) lookup(channel Channel) *feed {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.feeds[channel]
}

// snapshot lists the feeds of some channels.
func (h *Hub) snapshot(of func(Channel) bool) []*feed {
	h.mu.RLock()
	defer h.mu.RUnlock()
	feeds := make([]*feed, 0, len(h.feeds))
	for channel, f := range h.feeds {
		if of(channel) {
			feeds = append(feeds, f)
		}
	}
	return feeds
}

// forget drops a feed, unless another has taken its place.
func (h *Hub) forget(f *feed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.feeds[f.channel] == f {
		delete(h.feeds, f.channel)
	}
}
