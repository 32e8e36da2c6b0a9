package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"modernc.org/sqlite"

	"homeroom/storage"
)

// pool is connections for reading, each used by one at a time.
type pool struct {
	idle   chan *conn
	gate   sync.RWMutex // held for reading while a connection is in use
	closed chan struct{}
	close  func() error // waits until all connections are back, and closes them; once
}

func openPool(ctx context.Context, dsn string, size int) (*pool, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	p := &pool{idle: make(chan *conn, size), closed: make(chan struct{})}
	for range size {
		c, err := connect(ctx, connector)
		if err != nil {
			return nil, errors.Join(err, p.drain(len(p.idle)))
		}
		p.idle <- c
	}
	p.close = sync.OnceValue(func() error {
		close(p.closed)
		return p.drain(size)
	})
	return p, nil
}

func (p *pool) drain(n int) error {
	var errs []error
	for range n {
		c := <-p.idle
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}

// take waits for a connection, which must be put back.
func (p *pool) take(ctx context.Context) (*conn, error) {
	select {
	case <-p.closed: // first of all: after it, connections only come back
		return nil, storage.ErrClosed
	default:
	}
	select {
	case c := <-p.idle:
		p.gate.RLock()
		return c, nil
	case <-p.closed:
		return nil, storage.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pool) put(c *conn) {
	p.gate.RUnlock()
	p.idle <- c
}

// alone calls do while nobody reads. Who wants to read waits, and who reads is waited for: a page of a list or a batch
// of events.
func (p *pool) alone(do func()) {
	p.gate.Lock()
	defer p.gate.Unlock()
	do()
}
