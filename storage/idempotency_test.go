package storage

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"homeroom/events"
)

// forgetful is a driver that has attempts of certain times, and nothing else.
type forgetful struct {
	Driver
	mu    sync.Mutex    // guards what follows
	at    []events.Time // in order
	calls int
	down  bool
}

func (d *forgetful) ForgetAttempts(_ context.Context, before events.Time, limit int) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	if d.down {
		return 0, errors.New("down")
	}
	n, _ := slices.BinarySearch(d.at, before)
	n = min(n, limit)
	d.at = d.at[n:]
	return n, nil
}

func (d *forgetful) setDown(down bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = down
}

// state is how many attempts are left, and how often it was asked to forget some.
func (d *forgetful) state() (left, calls int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.at), d.calls
}

func (*forgetful) Close() error { return nil }

func TestForgetAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &forgetful{}
		now := events.Now()
		for range 3 * forgetMost {
			d.at = append(d.at, now)
		}
		for range forgetMost {
			d.at = append(d.at, now+events.Time(time.Hour.Milliseconds()))
		}
		e := NewEngine(d)
		after := func(lasts time.Duration, want int) {
			t.Helper()
			time.Sleep(lasts) // fake time
			synctest.Wait()
			if left, _ := d.state(); left != want {
				t.Errorf("%d are left, want %d", left, want)
			}
		}
		after(AttemptLife, 4*forgetMost)
		d.setDown(true)
		after(time.Hour-forgetEvery, 4*forgetMost)
		d.setDown(false)
		after(forgetEvery, forgetMost)
		after(2*forgetEvery, 0)
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		_, calls := d.state()
		after(time.Hour, 0)
		if _, now := d.state(); now != calls {
			t.Error("a closed engine goes on")
		}
	})
}
