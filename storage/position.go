package storage

import (
	"context"
	"errors"

	"homeroom/events"
)

// Position is where a user's last stream of a class ended, for a client that can't keep a cursor itself.
type Position struct {
	User  string
	Class string
	At    events.Cursor
}

// PutPosition implements [Store].
func (e *Engine) PutPosition(ctx context.Context, p Principal, class string, at events.Cursor) error {
	err := e.write(ctx, needClass(p, class), func(ctx context.Context, b *batch) error {
		if _, err := authorize(ctx, b, p, class, ReadClass); err != nil {
			return err
		}
		return b.tx.PutPosition(ctx, &Position{User: p.User, Class: class, At: at})
	})
	if errors.Is(err, ErrNotFound) {
		return nil // the stream ended because its user may no longer read the class
	}
	return err
}

// Position implements [Store].
func (e *Engine) Position(ctx context.Context, p Principal, class string) (at *events.Cursor, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		if _, err := authorize(ctx, r, p, class, ReadClass); err != nil {
			return err
		}
		found, err := r.Position(ctx, class, p.User)
		if found != nil {
			at = &found.At
		}
		return err
	})
	return at, err
}
