package storage

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"homeroom/events"
)

// kept is a driver that has attempts of certain times, and nothing else.
type kept struct {
	Driver
	at []events.Time // in order
}

func (*kept) View(_ context.Context, read func(Reader) error) error { return read(nothingDue{}) }

func (k *kept) Begin(context.Context, Needs) (Tx, *Rows, error) {
	return keptTx{kept: k}, NewRows(), nil
}

func (*kept) Close() error { return nil }

// nothingDue is a snapshot in which nothing else is to be trimmed.
type nothingDue struct{ Reader }

func (nothingDue) Overdue(context.Context, events.Time, int64, int) (map[events.Channel]events.Extent, error) {
	return nil, nil
}

func (nothingDue) Doomed(context.Context, events.Time) (string, error) { return "", nil }

func (nothingDue) DeadRun(context.Context, events.Time) (string, error) { return "", nil }

type keptTx struct {
	Tx
	kept *kept
}

func (t keptTx) ForgetAttempts(_ context.Context, before events.Time, limit int) (int, error) {
	n, _ := slices.BinarySearch(t.kept.at, before)
	n = min(n, limit)
	t.kept.at = t.kept.at[n:]
	return n, nil
}

// There are no notifications and notices.
func (keptTx) ForgetNotifications(context.Context, events.Time, int) (int, error) { return 0, nil }
func (keptTx) ForgetRead(context.Context, string, int) (int, error)               { return 0, nil }
func (keptTx) DropNotices(context.Context, events.Time, int) (int, error)         { return 0, nil }

// Nor anything that was held back.
func (keptTx) ForgetHeld(context.Context, events.Time, int) (int, error) { return 0, nil }

func (keptTx) ForgetSessions(context.Context, events.Time, int) (int, error) { return 0, nil }

func (keptTx) DropRevocations(context.Context, events.Time, int) (int, error) { return 0, nil }

func (keptTx) Commit(context.Context, []events.Event, map[events.Channel]int64) error { return nil }

func (keptTx) Rollback() {}

func TestAttemptsAreKeptForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kept{}
		e := NewEngine(k)
		defer func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}()
		for i := range 4 {
			for range trimBatch {
				k.at = append(k.at, events.Now()+events.Time(i/2)*events.Time(time.Hour.Milliseconds()))
			}
		}
		after := func(lasts time.Duration, want int) {
			t.Helper()
			time.Sleep(lasts) // fake time
			forgotten, err := e.Trim(context.Background(), Retention{Age: time.Hour, Count: 1})
			if err != nil || forgotten != want {
				t.Errorf("%d were forgotten, want %d; error %v", forgotten, want, err)
			}
		}
		after(AttemptLife, 0)
		after(time.Millisecond, 2*trimBatch)
		after(time.Hour-time.Millisecond, 0)
		after(time.Millisecond, 2*trimBatch)
		after(time.Hour, 0)
	})
}
