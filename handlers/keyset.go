package handlers

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// DefaultKeyRefresh is how old a key set becomes before it is fetched again.
	DefaultKeyRefresh = 15 * time.Minute
	// DefaultKeyCooldown is the least time between two fetches, whatever tokens ask for.
	DefaultKeyCooldown = 10 * time.Second
	// keyWait is how long a request waits for a fetch that may bring its token's key.
	keyWait = 2 * time.Second
)

// errNoKeys is for a token that can't be judged, since no key set was fetched yet. It passes by itself.
var errNoKeys = errors.New("no key set was fetched yet")

// KeySetConfig configures a key set. Source is required.
type KeySetConfig struct {
	Source   string        // a URL (https, or http to this machine), or the path of a file
	Refresh  time.Duration // default DefaultKeyRefresh
	Cooldown time.Duration // default DefaultKeyCooldown
	Logger   *slog.Logger
}

// KeySet is the set of keys that an identity provider signs tokens with. It is fetched from time to time, and when a
// token has a key that it doesn't know, but not more often than the cooldown allows: forged tokens cost the provider
// nothing. While the provider is away the last set stays in use.
type KeySet struct {
	source   keySource
	refresh  time.Duration
	cooldown time.Duration
	log      *slog.Logger
	fetches  *prometheus.CounterVec
	age      prometheus.GaugeFunc

	wanted chan struct{} // a request has begun a round
	stop   context.CancelFunc
	task   sync.WaitGroup

	mu      sync.Mutex // guards the rest
	keys    []*signingKey
	begun   time.Time     // when the last round did
	round   chan struct{} // closed at the end of the round that goes on; nil between rounds
	fetched time.Time     // when a round last brought a set; at first when the set was made
	ever    bool          // whether one did
}

// NewKeySet makes a key set for Tokens, which fetch it from their Start on.
func NewKeySet(cfg KeySetConfig) (*KeySet, error) {
	source, err := newKeySource(cfg.Source)
	if err != nil {
		return nil, err
	}
	return newKeySet(source, cfg), nil
}

func newKeySet(source keySource, cfg KeySetConfig) *KeySet {
	k := &KeySet{
		source: source, log: cfg.Logger,
		refresh: cmp.Or(cfg.Refresh, DefaultKeyRefresh), cooldown: cmp.Or(cfg.Cooldown, DefaultKeyCooldown),
		wanted: make(chan struct{}, 1), fetched: time.Now(),
		fetches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "homeroom_jwks_fetches_total", Help: "Fetches of the key set, by result: ok or failed.",
		}, []string{"result"}),
	}
	k.age = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "homeroom_jwks_age_seconds", Help: "Time since the key set was last fetched, or since the start if it never was.",
	}, k.seconds)
	for _, result := range [...]string{"ok", "failed"} {
		k.fetches.WithLabelValues(result)
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	k.log = k.log.With("from", source.String())
	return k
}

// start begins to fetch, until close. That the set can't be fetched is no error: it is tried again.
func (k *KeySet) start() {
	ctx, stop := context.WithCancel(context.Background())
	k.stop = stop
	k.task.Go(func() { k.run(ctx) })
}

// close ends the fetching, and waits until it has ended.
func (k *KeySet) close() {
	k.stop()
	k.task.Wait()
}

// find is the key with an algorithm and a kid. Without a kid it is the only key of its algorithm; where two keys fit,
// none does. A key that isn't there may be new: then the set is fetched, if it may be, and waited for.
func (k *KeySet) find(ctx context.Context, algorithm, id string) (*signingKey, error) {
	if key, _ := k.lookup(algorithm, id); key != nil {
		return key, nil
	}
	if err := await(ctx, k.ask()); err != nil {
		return nil, err
	}
	key, ever := k.lookup(algorithm, id)
	if key != nil {
		return key, nil
	}
	if !ever {
		return nil, errNoKeys
	}
	return nil, refuse(unknownKey, notOurs)
}

// lookup is the key among those that are known, and whether any ever were.
func (k *KeySet) lookup(algorithm, id string) (key *signingKey, ever bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, candidate := range k.keys {
		if candidate.algorithm != algorithm || id != "" && candidate.id != id {
			continue
		}
		if key != nil {
			return nil, k.ever
		}
		key = candidate
	}
	return key, k.ever
}

func (k *KeySet) everFetched() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ever
}

func (k *KeySet) seconds() float64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Since(k.fetched).Seconds()
}

// ask is the round of fetching that goes on, or else a new one. It is nil if it is too soon for that.
func (k *KeySet) ask() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.round == nil && time.Since(k.begun) >= k.cooldown {
		k.beginLocked()
		k.wanted <- struct{}{} // there is room: run takes it before the round ends
	}
	return k.round
}

func (k *KeySet) beginLocked() {
	k.begun, k.round = time.Now(), make(chan struct{})
}

// await waits for a round, but not for long.
func await(ctx context.Context, round <-chan struct{}) error {
	if round == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, keyWait, errNoKeys)
	defer cancel()
	select {
	case <-round:
	case <-ctx.Done():
		if cause := context.Cause(ctx); !errors.Is(cause, errNoKeys) {
			return cause // the caller is gone
		}
	}
	return nil
}
