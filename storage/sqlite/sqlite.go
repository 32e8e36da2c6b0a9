// Package sqlite keeps Homeroom's data in one SQLite file: the default, with nothing to install. One process at a
// time may use the file; reads go on beside the one writer (WAL), and every commit is synced to disk.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"homeroom/storage"
)

const (
	file     = "homeroom.db"
	lockFile = "homeroom.lock"
	readers  = 4 // connections for reading
)

// ErrInUse says that another process has the data folder open.
var ErrInUse = errors.New("the data folder is in use by another process")

//go:embed migrations/*.sql
var migrations embed.FS

var _ storage.Driver = (*driver)(nil)

// driver is the SQL of SQLite.
type driver struct {
	lock *flock.Flock
	read *pool
	*writer
}

// Open opens the database in a folder that exists, brings its schema up to date, and holds the folder until Close.
func Open(ctx context.Context, folder string, options ...storage.Option) (*storage.Engine, error) {
	d, err := open(ctx, folder)
	if err != nil {
		return nil, err
	}
	return storage.NewEngine(d, options...), nil
}

func open(ctx context.Context, folder string) (_ *driver, err error) {
	d := &driver{lock: flock.New(filepath.Join(folder, lockFile))}
	defer func() {
		if err != nil {
			_ = d.Close()
		}
	}()
	held, err := d.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if !held {
		return nil, ErrInUse
	}
	if err := migrate(ctx, dsn(folder, "_txlock=immediate")); err != nil {
		return nil, err
	}
	if d.read, err = openPool(ctx, dsn(folder, "_pragma=query_only(1)"), readers); err != nil {
		return nil, err
	}
	d.writer, err = openWriter(ctx, folder, d.read)
	return d, err
}

// dsn names the file. WAL with synchronous=FULL syncs every commit; the page cache is per connection, in KiB.
func dsn(folder, more string) string {
	name := url.URL{Scheme: "file", Opaque: url.PathEscape(filepath.Join(folder, file))}
	return name.String() + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)" +
		"&_pragma=cache_size(-16384)&" + more
}

func migrate(ctx context.Context, dsn string) (err error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", wrap(err))
	}
	_, err = db.ExecContext(ctx, `INSERT INTO settings (key, value) VALUES ('epoch', ?) ON CONFLICT DO NOTHING`, storage.NewEpoch())
	return wrap(err)
}

// Close implements [storage.Driver].
func (d *driver) Close() error {
	var errs []error
	if d.read != nil {
		errs = append(errs, d.read.close())
	}
	if d.writer != nil {
		errs = append(errs, d.writer.close())
	}
	return errors.Join(append(errs, d.lock.Unlock())...)
}

// Ping implements [storage.Driver].
func (d *driver) Ping(ctx context.Context) error {
	_, err := d.Heads(ctx, nil)
	return err
}

// wrap turns errors of a file that can't be written or read into [storage.ErrUnavailable].
func wrap(err error) error {
	failed, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	const primary = 0xff // the low byte is the kind, the rest is detail
	switch failed.Code() & primary {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", storage.ErrUnavailable, err)
	}
	return err
}
