package storage

import (
	"context"
	"sync"

	"homeroom/events"
	"homeroom/storage/spam"
)

var _ Store = (*Engine)(nil)

// Engine implements [Store] over a [Driver]: the rules, the committer and the events.
type Engine struct {
	driver     Driver
	committer  *committer
	deliveries *deliveries
	planned    chan struct{} // has room for one: "there is a new job"
	close      func() error  // once
	now        func() events.Time
	guard      *spam.Guard // nil where everything passes
	run        string      // names what this process leaves open
}

// NewEngine starts an engine. It owns the driver from then on: Close closes both.
func NewEngine(driver Driver, options ...Option) *Engine {
	e := &Engine{planned: make(chan struct{}, 1), now: events.Now, run: newID()}
	for _, option := range options {
		option(e)
	}
	e.driver, e.committer = clocked{driver, e.now}, newCommitter(driver, e.now)
	e.committer.guard = e.guard
	e.committer.planned = func() {
		select {
		case e.planned <- struct{}{}:
		default:
		}
	}
	e.deliveries = newDeliveries(e.writeDeliveries)
	e.close = sync.OnceValue(func() error {
		e.deliveries.close()
		e.committer.close()
		return driver.Close()
	})
	return e
}

// OnCommit implements [Store].
func (e *Engine) OnCommit(publish func([]events.Event)) { e.committer.publish = publish }

// OnReceipts implements [Store].
func (e *Engine) OnReceipts(tell func([]events.Receipt)) { e.committer.tell = tell }

// Close implements [Store].
func (e *Engine) Close() error { return e.close() }

// Ping implements [Store].
func (e *Engine) Ping(ctx context.Context) error { return e.driver.Ping(ctx) }

// RotateEpoch implements [Store].
func (e *Engine) RotateEpoch(ctx context.Context) (string, error) {
	epoch := NewEpoch()
	return epoch, e.driver.SetEpoch(ctx, epoch)
}

// write has the committer carry out a change. It may be called again for another try, so it sets what it answers
// anew each time. After an error it may still be called, so what it sets must not be looked at then.
func (e *Engine) write(ctx context.Context, needs Needs, change change) error {
	return e.committer.submit(ctx, needs, change)
}

// allCursor is the cursor of a user's stream of all classes that a snapshot is current to.
func allCursor(ctx context.Context, r Reader, user string) (events.Cursor, error) {
	ids, err := r.ClassIDs(ctx, user, events.MaxClasses)
	if err != nil {
		return events.Cursor{}, err
	}
	inbox := events.UserChannel(user)
	channels := []events.Channel{inbox, events.SystemChannel}
	for _, id := range ids {
		channels = append(channels, events.ClassChannel(id))
	}
	at, err := r.Extents(ctx, channels)
	if err != nil {
		return events.Cursor{}, err
	}
	epoch, err := r.Epoch(ctx)
	if err != nil {
		return events.Cursor{}, err
	}
	classes := make([]events.ClassPos, len(ids))
	for i, id := range ids {
		classes[i] = events.ClassPos{Key: events.KeyOf(id), Seq: at[events.ClassChannel(id)].Head}
	}
	return events.NewAllCursor(epoch, at[inbox].Head, at[events.SystemChannel].Head, classes), nil
}

// viewClass reads lists of a class, and the cursor that they are current to, in one snapshot.
func (e *Engine) viewClass(ctx context.Context, p Principal, class string, read func(Reader, events.Cursor) error) error {
	return e.driver.View(ctx, func(r Reader) error {
		if _, err := authorize(ctx, r, p, class, ReadClass); err != nil {
			return err
		}
		channels := []events.Channel{events.ClassChannel(class), events.UserChannel(p.User), events.SystemChannel}
		at, err := r.Extents(ctx, channels)
		if err != nil {
			return err
		}
		epoch, err := r.Epoch(ctx)
		if err != nil {
			return err
		}
		return read(r, events.Cursor{
			Epoch: epoch, Tag: events.ClassTag(class),
			Class: at[channels[0]].Head, User: at[channels[1]].Head, System: at[channels[2]].Head,
		})
	})
}

// Load implements [events.Log].
func (e *Engine) Load(ctx context.Context, class string, tail int) (events.Loaded, error) {
	var at events.Loaded
	err := e.driver.View(ctx, func(r Reader) error {
		info, err := r.Class(ctx, class)
		if err != nil || info == nil {
			at.Gone = true
			return err
		}
		channel := events.ClassChannel(class)
		extents, err := r.Extents(ctx, []events.Channel{channel})
		if err != nil {
			return err
		}
		at.Extent = extents[channel]
		if at.Tail, err = r.Tail(ctx, channel, tail); err != nil {
			return err
		}
		at.Members, err = r.UserIDs(ctx, class)
		return err
	})
	return at, err
}

// UserClasses implements [events.Log]. Ids are in the order of their making.
func (e *Engine) UserClasses(ctx context.Context, user string, limit int) (ids []string, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		ids, err = r.ClassIDs(ctx, user, limit)
		return err
	})
	return ids, err
}

// Heads implements [events.Log].
func (e *Engine) Heads(ctx context.Context, channels []events.Channel) (events.Heads, error) {
	return e.driver.Heads(ctx, channels)
}

// Read implements [events.Log].
func (e *Engine) Read(ctx context.Context, channel events.Channel, after int64, limit int) ([]events.Event, error) {
	return e.driver.Read(ctx, channel, after, limit)
}
