package storage

import (
	"context"

	"homeroom/events"
)

// Option changes how an [Engine] works.
type Option func(*Engine)

// WithClock has an engine take the time from another clock than the system's: for tests.
func WithClock(now func() events.Time) Option {
	return func(e *Engine) { e.now = now }
}

// clocked is a driver whose snapshots have a moment: mutes that are over by then read as none, so that no rule looks
// at the clock. For transactions [newBatch] does the same.
type clocked struct {
	Driver
	now func() events.Time
}

// View implements [Driver].
func (d clocked) View(ctx context.Context, read func(Reader) error) error {
	return d.Driver.View(ctx, func(r Reader) error { return read(dated{r, d.now()}) })
}

// dated is a snapshot as of a moment.
type dated struct {
	Reader
	now events.Time
}

// Member implements [Reader].
func (r dated) Member(ctx context.Context, class, user string) (*Member, error) {
	m, err := r.Reader.Member(ctx, class, user)
	if m != nil {
		m.lapse(r.now)
	}
	return m, err
}

// Members implements [Reader].
func (r dated) Members(ctx context.Context, class, after string, limit int) ([]Member, error) {
	members, err := r.Reader.Members(ctx, class, after, limit)
	for i := range members {
		members[i].lapse(r.now)
	}
	return members, err
}
