package storage

import (
	"cmp"
	"context"
	"time"

	"homeroom/events"
)

// Defaults of [Retention].
const (
	DefaultRetainAge   = 30 * 24 * time.Hour
	DefaultRetainCount = 100_000
	// DefaultRetainNotifications outlives a school's holidays: who comes back finds what was announced.
	DefaultRetainNotifications = 90 * 24 * time.Hour
	// DefaultRetainHeld gives teachers a school week.
	DefaultRetainHeld = 7 * 24 * time.Hour
)

const (
	trimBatch = 200       // rows that one transaction deletes: some milliseconds, for which writers wait
	trimMost  = 1000      // channels that are looked at in one go
	doomedFor = time.Hour // a deleted class stays so long, for processes that have yet to hear of it
)

// Retention says how much of each channel's log is kept. What is older than Age, or further back than Count events,
// is trimmed: a cursor before it gets a resync. Messages themselves are kept.
type Retention struct {
	Age   time.Duration
	Count int64

	Notifications time.Duration // how long they are listed; 0 for [DefaultRetainNotifications]
	Held          time.Duration // how long messages that were held back are; 0 for [DefaultRetainHeld]
}

// Trim deletes what is due, of the log, of deleted classes, of kept answers, of held messages, of presence and of
// revocations, in small transactions between those of the writers. It returns how many rows it deleted. Any number of
// processes may do so on one database.
func (e *Engine) Trim(ctx context.Context, keep Retention) (int, error) {
	now := e.now()
	ago := func(d time.Duration) events.Time { return now - events.Time(d.Milliseconds()) }
	total := 0
	for _, step := range [...]func() (int, error){
		func() (int, error) { return e.trimLog(ctx, ago(keep.Age), keep.Count) },
		func() (int, error) { return e.purgeClasses(ctx, ago(doomedFor)) },
		func() (int, error) { return e.forgetAttempts(ctx, ago(AttemptLife)) },
		func() (int, error) {
			return e.trimNotifications(ctx, ago(cmp.Or(keep.Notifications, DefaultRetainNotifications)))
		},
		func() (int, error) { return e.trimHeld(ctx, ago(cmp.Or(keep.Held, DefaultRetainHeld))) },
		func() (int, error) { return e.sweepPresence(ctx, now) },
		func() (int, error) { return e.forgetRevocations(ctx, now) },
	} {
		n, err := step()
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// inBatches has small transactions delete rows, between those of the writers, until one finds fewer than it may.
func (e *Engine) inBatches(ctx context.Context, drop func(ctx context.Context, tx Tx, limit int) (int, error)) (int, error) {
	total := 0
	for {
		var n int
		err := e.write(ctx, Needs{}, func(ctx context.Context, b *batch) (err error) {
			n, err = drop(ctx, b.tx, trimBatch)
			return err
		})
		if err != nil {
			return total, err
		}
		if total += n; n < trimBatch {
			return total, nil
		}
	}
}

// trimLog trims every channel that is due.
func (e *Engine) trimLog(ctx context.Context, before events.Time, count int64) (int, error) {
	total := 0
	for {
		var due map[events.Channel]events.Extent
		err := e.driver.View(ctx, func(r Reader) (err error) {
			due, err = r.Overdue(ctx, before, count, trimMost)
			return err
		})
		if err != nil || len(due) == 0 {
			return total, err
		}
		for channel, at := range due {
			n, err := e.trimChannel(ctx, channel, at, before, count)
			if total += n; err != nil {
				return total, err
			}
		}
	}
}

// trimChannel trims one channel as far as it is due.
func (e *Engine) trimChannel(ctx context.Context, channel events.Channel, at events.Extent, before events.Time, count int64) (int, error) {
	total := 0
	for {
		evs, err := e.driver.Read(ctx, channel, at.Trimmed, trimBatch)
		if err != nil {
			return total, err
		}
		to := at.Trimmed
		for i := range evs {
			if evs[i].Seq > at.Head-count && evs[i].At >= before {
				break
			}
			to = evs[i].Seq
		}
		if to == at.Trimmed {
			return total, nil
		}
		if err := e.trimTo(ctx, channel, to); err != nil {
			return total, err
		}
		total += int(to - at.Trimmed)
		at.Trimmed = to
	}
}

// trimTo trims one batch, unless another process has trimmed further.
func (e *Engine) trimTo(ctx context.Context, channel events.Channel, to int64) error {
	return e.write(ctx, Needs{Channels: []events.Channel{channel}}, func(ctx context.Context, b *batch) error {
		at := b.rows.Extents[channel]
		if at.Trimmed >= to {
			return nil
		}
		at.Trimmed = to
		b.rows.Extents[channel] = at
		return b.tx.Trim(ctx, channel, to)
	})
}

// purgeClasses deletes what is left of classes that were deleted before a moment.
func (e *Engine) purgeClasses(ctx context.Context, before events.Time) (int, error) {
	total := 0
	for {
		var class string
		err := e.driver.View(ctx, func(r Reader) (err error) {
			class, err = r.Doomed(ctx, before)
			return err
		})
		if err != nil || class == "" {
			return total, err
		}
		var n int
		err = e.write(ctx, Needs{}, func(ctx context.Context, b *batch) (err error) {
			n, err = b.tx.Purge(ctx, class, trimBatch)
			return err
		})
		if err != nil {
			return total, err
		}
		total += n
	}
}
