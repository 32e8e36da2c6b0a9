// Package postgres keeps Homeroom's data in PostgreSQL. Any number of processes may use one database at a time.
//
// A process writes over one connection and reads over others, so that readers never keep the committer waiting. A
// transaction of the committer is two round trips: one that begins, locks the channels and reads; one that writes and
// commits. Between processes, the lock on a channel's row is what makes its seqs contiguous.
package postgres

import (
	"context"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"homeroom/storage"
)

const (
	// patience is the longest that the server may take for one round trip, or for a connection to be had, before it
	// counts as unavailable.
	patience = 5 * time.Second
	// readersLeast bounds the readers' pool from below; it grows with the processors.
	readersLeast = 4
)

var _ storage.Driver = (*driver)(nil)

// driver is the SQL of PostgreSQL.
type driver struct {
	read  *pgxpool.Pool
	write *pgxpool.Pool // of one connection, which is the committer's
}

// Open connects to the database of a URL (or of a keyword/value string, as libpq takes it), and brings its schema up
// to date; processes that do so at once take turns. The URL's pool_max_conns bounds the connections for reading;
// one more is for writing. Errors are one line, without the password.
func Open(ctx context.Context, url string, options ...storage.Option) (*storage.Engine, error) {
	d, err := open(ctx, url)
	if err != nil {
		return nil, err
	}
	return storage.NewEngine(d, options...), nil
}

func open(ctx context.Context, url string) (*driver, error) {
	config, err := configure(url)
	if err != nil {
		return nil, err
	}
	d := &driver{}
	if err := d.setUp(ctx, config); err != nil {
		_ = d.Close() // it never fails
		return nil, explain(config.ConnConfig, err)
	}
	return d, nil
}

// setUp connects, brings the schema up to date, and gives a new database its epoch.
func (d *driver) setUp(ctx context.Context, config *pgxpool.Config) (err error) {
	if d.read, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	writers := config.Copy()
	writers.MaxConns, writers.MinConns, writers.MinIdleConns = 1, 0, 0
	writers.AfterConnect = insistOnSync
	if d.write, err = pgxpool.NewWithConfig(ctx, writers); err != nil {
		return err
	}
	if err := d.exec(ctx, `SELECT`); err != nil { // before all else: migrations may wait long, for others that migrate
		return err
	}
	if err := migrate(ctx, config.ConnConfig); err != nil {
		return err
	}
	return d.exec(ctx, `INSERT INTO settings (key, value) VALUES ('epoch', $1) ON CONFLICT DO NOTHING`, storage.NewEpoch())
}

// insistOnSync makes a commit wait for the disk where the server is set up not to: what is acknowledged is durable.
// Settings that wait for more than that are left alone.
func insistOnSync(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`)
	return err
}

// SetEpoch implements [storage.Driver].
func (d *driver) SetEpoch(ctx context.Context, epoch string) error {
	return d.exec(ctx, `UPDATE settings SET value = $1 WHERE key = 'epoch'`, epoch)
}

// exec carries out one statement of its own.
func (d *driver) exec(ctx context.Context, sql string, args ...any) error {
	conn, err := acquire(ctx, d.write)
	if err != nil {
		return err
	}
	defer conn.Release()
	ctx, cancel := roundTrip(ctx)
	defer cancel()
	_, err = conn.Exec(ctx, sql, args...)
	return wrap(conn, err)
}

// Ping implements [storage.Driver].
func (d *driver) Ping(ctx context.Context) error {
	_, err := d.Heads(ctx, nil)
	return err
}

// Close implements [storage.Driver]. It waits for what is under way.
func (d *driver) Close() error {
	for _, pool := range []*pgxpool.Pool{d.read, d.write} {
		if pool != nil {
			pool.Close()
		}
	}
	return nil
}

// readers is how many connections read at a time unless the URL says so.
func readers() int32 { return int32(max(readersLeast, 2*runtime.GOMAXPROCS(0))) }
