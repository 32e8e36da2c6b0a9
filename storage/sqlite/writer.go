package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"homeroom/events"
	"homeroom/storage"
)

// writer is the one connection that writes, with its prepared statements. A transaction holds it from Begin to
// Commit or Rollback.
type writer struct {
	mu       sync.Mutex // held while a transaction or another write is under way; guards all
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
}

func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, wrap(err)
	}
	return &writer{conn: conn, prepared: map[string]*sql.Stmt{}}, nil
}

func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, stmt := range w.prepared {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

// stmt prepares a statement the first time it is used.
func (w *writer) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := w.prepared[query]; ok {
		return stmt, nil
	}
	stmt, err := w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, wrap(err)
	}
	w.prepared[query] = stmt
	return stmt, nil
}

// exec runs a statement. SQLite doesn't wait for anybody, so the context's end is not watched for: that would cost a
// goroutine for each statement.
func (w *writer) exec(ctx context.Context, query string, args ...any) error {
	ctx = context.WithoutCancel(ctx)
	stmt, err := w.stmt(ctx, query)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(ctx, args...)
	return wrap(err)
}

// query makes writer a querier; like exec it watches no context.
func (w *writer) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx = context.WithoutCancel(ctx)
	stmt, err := w.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	return rows, wrap(err)
}

// Begin implements [storage.Driver].
func (w *writer) Begin(ctx context.Context, needs storage.Needs) (storage.Tx, *storage.Rows, error) {
	w.mu.Lock()
	t := &tx{writer: w}
	if err := w.exec(ctx, `BEGIN IMMEDIATE`); err != nil {
		w.mu.Unlock()
		return nil, nil, err
	}
	rows, err := fetch(ctx, w, needs)
	if err != nil {
		t.Rollback()
		return nil, nil, err
	}
	return t, rows, nil
}

// fetch reads the rows that a transaction needs.
func fetch(ctx context.Context, q querier, needs storage.Needs) (*storage.Rows, error) {
	rows := storage.NewRows()
	var err error
	if rows.Extents, err = extents(ctx, q, needs.Channels); err != nil {
		return nil, err
	}
	for _, id := range needs.Classes {
		c, err := one(ctx, q, scanClass, selectClass, id)
		if err != nil {
			return nil, err
		}
		if c != nil {
			rows.Classes[id] = c
		}
	}
	for _, key := range needs.Members {
		m, err := one(ctx, q, scanMember, selectMember, key.Class, key.User)
		if err != nil {
			return nil, err
		}
		if m != nil {
			rows.Members[key] = m
		}
	}
	for _, id := range needs.Messages {
		if err := fetchMessage(ctx, q, rows, id); err != nil {
			return nil, err
		}
	}
	if err := fetchJoinCodes(ctx, q, rows, needs.JoinCodes); err != nil {
		return nil, err
	}
	return rows, nil
}

// fetchMessage reads a message and the one that it replies to.
func fetchMessage(ctx context.Context, q querier, rows *storage.Rows, id string) error {
	m, err := one(ctx, q, scanMessage, selectMessage, id)
	if err != nil || m == nil {
		return err
	}
	rows.Messages[id] = m
	if m.ParentID == nil {
		return nil
	}
	return fetchMessage(ctx, q, rows, *m.ParentID)
}

// SetEpoch implements [storage.Driver].
func (w *writer) SetEpoch(ctx context.Context, epoch string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.exec(ctx, `UPDATE settings SET value = ? WHERE key = 'epoch'`, epoch)
}

var _ storage.Tx = (*tx)(nil)

// tx is the writer's transaction. Its other methods are in the files of what they write.
type tx struct {
	*writer
	over bool
}

// Commit implements [storage.Tx].
func (t *tx) Commit(ctx context.Context, evs []events.Event, heads map[events.Channel]int64) error {
	for i := range evs {
		if err := insertEvent(ctx, t.writer, &evs[i]); err != nil {
			return err
		}
	}
	for channel, head := range heads {
		if err := putHead(ctx, t.writer, channel, head); err != nil {
			return err
		}
	}
	if err := t.exec(ctx, `COMMIT`); err != nil {
		return err
	}
	t.end()
	return nil
}

// Rollback implements [storage.Tx].
func (t *tx) Rollback() {
	if t.over {
		return
	}
	// If this fails too there is no transaction any more: SQLite rolls back by itself on a full disk and the like.
	_ = t.exec(context.Background(), `ROLLBACK`)
	t.end()
}

func (t *tx) end() {
	t.over = true
	t.mu.Unlock()
}
