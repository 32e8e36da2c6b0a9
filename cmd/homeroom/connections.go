package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"homeroom/events"
	"homeroom/handlers"
)

const (
	// reservedFiles are the descriptors that no connection may take: the database's, the log's, and those of connections
	// that are accepted only to be closed.
	reservedFiles = 100
	// unknownFiles is how many descriptors there are taken to be where the system doesn't say.
	unknownFiles = 1024
	// An idle connection is asked for a sign of life from time to time, and given up after some that weren't answered.
	keepAliveIdle  = 15 * time.Second
	keepAliveEvery = 5 * time.Second
	keepAliveMost  = 3
)

// connectionFlags say how many connections and streams there may be, and when one counts as dead.
type connectionFlags struct {
	MaxStreams            int           `env:"HOMEROOM_MAX_STREAMS" default:"0" help:"Streams that may be open at a time; 0: as many as the limit of open files allows."`
	MaxUserStreams        int           `env:"HOMEROOM_MAX_USER_STREAMS" default:"50" help:"Streams of one user; beyond that the oldest makes room. 0: any number."`
	MaxAddressStreams     int           `env:"HOMEROOM_MAX_ADDRESS_STREAMS" default:"10000" help:"Streams from one address, which a whole school may share; 0: any number."`
	MaxClassStreams       int           `env:"HOMEROOM_MAX_CLASS_STREAMS" default:"5000" help:"Streams of one class; 0: any number."`
	MaxAddressConnections int           `env:"HOMEROOM_MAX_ADDRESS_CONNECTIONS" default:"2000" help:"Connections from one address that are no streams; 0: any number."`
	PeerTimeout           time.Duration `env:"HOMEROOM_PEER_TIMEOUT" default:"30s" help:"Longest time that a client may leave unacknowledged what was sent to it; it counts as gone then."`
}

// checkConnections refuses settings that can't work.
func (f *connectionFlags) checkConnections() error {
	for _, most := range [...]struct {
		name  string
		value int
	}{
		{"HOMEROOM_MAX_STREAMS", f.MaxStreams}, {"HOMEROOM_MAX_USER_STREAMS", f.MaxUserStreams},
		{"HOMEROOM_MAX_ADDRESS_STREAMS", f.MaxAddressStreams}, {"HOMEROOM_MAX_CLASS_STREAMS", f.MaxClassStreams},
		{"HOMEROOM_MAX_ADDRESS_CONNECTIONS", f.MaxAddressConnections},
	} {
		if most.value < 0 {
			return fmt.Errorf("%s must not be less than zero", most.name)
		}
	}
	if f.PeerTimeout < time.Millisecond {
		return fmt.Errorf("HOMEROOM_PEER_TIMEOUT must be a millisecond at least")
	}
	return nil
}

// room is how many connections there is place for, and how many streams among them.
type room struct{ connections, streams int }

// room shares out the descriptors that the process may have. Streams leave some for those who call, or nobody could end
// what takes all places.
func (f *connectionFlags) room(files uint64) room {
	var r room
	r.connections = int(min(files-min(files, reservedFiles), math.MaxInt32))
	r.connections = max(r.connections, int(min(files, 2*reservedFiles))/2)
	r.streams = r.connections / 10 * 9
	if f.MaxStreams > 0 {
		r.streams = min(r.streams, f.MaxStreams)
	}
	return r
}

// cap sets how many streams a hub takes. Without limits it is still no more than there are descriptors for.
func (f *connectionFlags) cap(cfg *events.Config, r room, unlimited bool) {
	cfg.MaxStreams = r.streams
	if unlimited {
		return
	}
	cfg.MaxUserStreams, cfg.MaxAddressStreams, cfg.MaxClassStreams = f.MaxUserStreams, f.MaxAddressStreams, f.MaxClassStreams
}

// gate is how many connections there may be. Without limits too there are no more than descriptors.
func (f *connectionFlags) gate(r room, unlimited bool, taken func() int, metrics prometheus.Registerer) handlers.GateConfig {
	cfg := handlers.GateConfig{Max: r.connections, MaxAddress: f.MaxAddressConnections, Taken: taken, Metrics: metrics}
	if unlimited {
		cfg.MaxAddress = 0
	}
	return cfg
}

// tell writes it to the log.
func (r room) tell(log *slog.Logger) {
	log.Info("room", "files", openFiles(), "connections", r.connections, "streams", r.streams)
}

// listen listens on an address. Connections that are accepted have the listener's settings: a client that vanished without
// a word is noticed in seconds, not when TCP has given up after a quarter of an hour.
func (f *connectionFlags) listen(ctx context.Context, address string) (net.Listener, error) {
	config := net.ListenConfig{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepAliveIdle, Interval: keepAliveEvery, Count: keepAliveMost},
		Control:         setPeerTimeout(f.PeerTimeout),
	}
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w; set HOMEROOM_ADDR to another address", err)
	}
	return listener, nil
}
