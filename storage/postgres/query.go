package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"

	"homeroom/events"
	"homeroom/storage"
)

// row is what scan functions read from.
type row interface{ Scan(dest ...any) error }

// collect queues a query that reads all its rows into items.
func collect[T any](b *pgx.Batch, items *[]T, scan func(row) (T, error), sql string, args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			item, err := scan(rows)
			if err != nil {
				return err
			}
			*items = append(*items, item)
		}
		return rows.Err()
	})
}

// scanText reads a row of one text.
func scanText(r row) (text string, err error) {
	err = r.Scan(&text)
	return text, err
}

// scanTime reads a row of one time.
func scanTime(r row) (at events.Time, err error) {
	err = r.Scan((*int64)(&at))
	return at, err
}

// roundTrip bounds what goes on with a connection. It doesn't end with the caller's context: that would cost the
// connection, for the sake of a few milliseconds.
func roundTrip(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), patience)
}

// acquire takes a connection from a pool.
func acquire(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := pool.Acquire(limited)
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(err, puddle.ErrClosedPool):
		return nil, storage.ErrClosed
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, unavailable(err)
}

// send carries out a batch in one round trip. After an error nothing of what follows in the batch was done.
func send(ctx context.Context, conn *pgxpool.Conn, b *pgx.Batch) error {
	ctx, cancel := roundTrip(ctx)
	defer cancel()
	return wrap(conn, conn.SendBatch(ctx, b).Close())
}

// onLive sends a batch that changes nothing on a connection of a pool, which the caller then releases. A connection
// that turns out to have died while it lay in the pool, as all do when the server restarts, is replaced once.
func onLive(ctx context.Context, pool *pgxpool.Pool, queue func(*pgx.Batch)) (*pgxpool.Conn, error) {
	for again := true; ; again = false {
		conn, err := acquire(ctx, pool)
		if err != nil {
			return nil, err
		}
		b := &pgx.Batch{}
		queue(b)
		if err = send(ctx, conn, b); err == nil {
			return conn, nil
		}
		died := conn.Conn().IsClosed() && !pgconn.Timeout(err)
		release(conn)
		if !died || !again {
			return nil, err
		}
		pool.Reset() // the others lay there as long
	}
}

// release gives a connection back, out of its transaction if it is in one.
func release(conn *pgxpool.Conn) {
	if raw := conn.Conn().PgConn(); !raw.IsClosed() && raw.TxStatus() != 'I' {
		ctx, cancel := roundTrip(context.Background())
		defer cancel()
		_, _ = raw.Exec(ctx, `ROLLBACK`).ReadAll() // when it fails, the pool drops the connection
	}
	conn.Release()
}

var _ storage.Reader = (*snapshot)(nil)

// snapshot is a read-only transaction that begins with its first query, in the same round trip. Its other methods are
// in the files of what they read.
type snapshot struct {
	pool  *pgxpool.Pool
	conn  *pgxpool.Conn // nil before the first query
	epoch []string      // read along with the extents
}

// View implements [storage.Driver].
func (d *driver) View(ctx context.Context, read func(storage.Reader) error) error {
	s := &snapshot{pool: d.read}
	defer s.end()
	return read(s)
}

func (s *snapshot) end() {
	if s.conn != nil {
		release(s.conn)
	}
}

// ask carries out queries. It may call queue twice, for another try.
func (s *snapshot) ask(ctx context.Context, queue func(*pgx.Batch)) (err error) {
	if s.conn == nil {
		s.conn, err = onLive(ctx, s.pool, func(b *pgx.Batch) {
			b.Queue(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
			queue(b)
		})
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	b := &pgx.Batch{}
	queue(b)
	return send(ctx, s.conn, b)
}

// list reads all rows of a query.
func list[T any](ctx context.Context, s *snapshot, scan func(row) (T, error), sql string, args ...any) (items []T, err error) {
	err = s.ask(ctx, func(b *pgx.Batch) {
		items = nil
		collect(b, &items, scan, sql, args...)
	})
	return items, err
}

// one reads the only row of a query, or nil.
func one[T any](ctx context.Context, s *snapshot, scan func(row) (T, error), sql string, args ...any) (*T, error) {
	items, err := list(ctx, s, scan, sql, args...)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return &items[0], nil
}
