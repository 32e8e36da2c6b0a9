package sqlite

import (
	"context"
	"database/sql"

	"homeroom/storage"
)

// querier is what reads: the writer within its transaction, or a snapshot.
type querier interface {
	query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// row is what scan functions read from.
type row interface{ Scan(dest ...any) error }

// list reads all rows of a query.
func list[T any](ctx context.Context, q querier, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // the error of reading is in rows.Err
	var items []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, wrap(err)
		}
		items = append(items, item)
	}
	return items, wrap(rows.Err())
}

// one reads the only row of a query, or nil.
func one[T any](ctx context.Context, q querier, scan func(row) (T, error), query string, args ...any) (*T, error) {
	items, err := list(ctx, q, scan, query, args...)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return &items[0], nil
}

// scanText reads a row of one text.
func scanText(r row) (text string, err error) {
	err = r.Scan(&text)
	return text, err
}

var _ storage.Reader = snapshot{}

// snapshot is a read-only transaction. Its other methods are in the files of what they read.
type snapshot struct{ tx *sql.Tx }

func (s snapshot) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := s.tx.QueryContext(ctx, query, args...)
	return rows, wrap(err)
}

// View implements [storage.Driver].
func (d *driver) View(ctx context.Context, read func(storage.Reader) error) error {
	return d.view(ctx, func(s snapshot) error { return read(s) })
}

func (d *driver) view(ctx context.Context, read func(snapshot) error) error {
	t, err := d.read.BeginTx(ctx, nil)
	if err != nil {
		return wrap(err)
	}
	defer func() { _ = t.Rollback() }() // nothing was written
	return read(snapshot{t})
}
