package sqlite

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

// list reads all rows of a query.
func list[T any](c *conn, scan func(row) (T, error), sql string, values ...any) ([]T, error) {
	var items []T
	err := c.query(func(r row) error {
		item, err := scan(r)
		items = append(items, item)
		return err
	}, sql, values...)
	if err != nil {
		return nil, err
	}
	return items, nil
}

// one reads the only row of a query, or nil.
func one[T any](c *conn, scan func(row) (T, error), sql string, values ...any) (*T, error) {
	items, err := list(c, scan, sql, values...)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return &items[0], nil
}

// scanText reads a row of one text.
func scanText(r row) (text string, err error) {
	err = r.scan(&text)
	return text, err
}

// scanTime reads a row of one time.
func scanTime(r row) (at events.Time, err error) {
	err = r.scan((*int64)(&at))
	return at, err
}

var _ storage.Reader = snapshot{}

// snapshot is a read-only transaction. Its other methods are in the files of what they read.
type snapshot struct{ *conn }

// View implements [storage.Driver].
func (d *driver) View(ctx context.Context, read func(storage.Reader) error) error {
	return d.view(ctx, func(s snapshot) error { return read(s) })
}

func (d *driver) view(ctx context.Context, read func(snapshot) error) error {
	c, err := d.read.take(ctx)
	if err != nil {
		return err
	}
	defer d.read.put(c)
	if err := c.exec(`BEGIN`); err != nil {
		return err
	}
	defer func() { _ = c.exec(`ROLLBACK`) }() // nothing was written; when this fails, so will the next BEGIN
	return read(snapshot{c})
}
