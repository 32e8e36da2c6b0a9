package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// open starts the readers, at the rate that was asked for, and waits until all streams are open: only then is it known
// that everybody must see the first post.
func (t *trial) open(ctx, streams context.Context, reading *sync.WaitGroup) error {
	for i := range t.cfg.Streams {
		c := t.classes[i%len(t.classes)]
		t.readers = append(t.readers, t.newReader(i, c, c.members[i/len(t.classes)]))
	}
	begun := time.Now()
	for i, r := range t.readers {
		if t.cfg.ConnectRate > 0 && !sleep(ctx, time.Until(begun.Add(time.Duration(float64(i)/t.cfg.ConnectRate*float64(time.Second))))) {
			return ctx.Err()
		}
		reading.Go(func() { r.read(streams) })
	}
	t.await(ctx, func() bool {
		return t.tally.ready.Load() == int64(t.cfg.Streams) || t.faults.refused.Load() > 0
	})
	if n := t.tally.ready.Load(); n < int64(t.cfg.Streams) {
		return fmt.Errorf("only %d of %d streams opened: %w", n, t.cfg.Streams, t.whyClosed())
	}
	return nil
}

// whyClosed is why a stream did not open.
func (t *trial) whyClosed() error {
	if told := t.faults.told(); len(told) > 0 {
		return errors.New(told[0])
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.openError != nil {
		return t.openError
	}
	return errors.New("the others take too long")
}

// notOpened keeps why a stream did not open.
func (t *trial) notOpened(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.openError = err
}
