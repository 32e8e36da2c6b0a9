//go:build !linux

package socket

import (
	"net"
	"time"
)

// Watcher is not to be had here.
type Watcher struct{}

// NewWatcher makes a watcher that takes nothing.
func NewWatcher() (*Watcher, error) { return &Watcher{}, nil }

// Close does nothing.
func (*Watcher) Close() error { return nil }

// Take returns [ErrUnsupported].
func (*Watcher) Take(net.Conn, time.Duration) (*Conn, error) { return nil, ErrUnsupported }

// Conn is never made.
type Conn struct{}

// Send implements events.Sink.
func (*Conn) Send([]byte) error { return ErrUnsupported }

// Abort implements events.Sink.
func (*Conn) Abort() {}

// TrySend implements events.Socket.
func (*Conn) TrySend([]byte) (int, error) { return 0, ErrUnsupported }

// OnHangup implements events.Socket.
func (*Conn) OnHangup(func()) error { return ErrUnsupported }

// Close does nothing.
func (*Conn) Close() error { return nil }
