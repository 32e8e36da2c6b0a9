package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"modernc.org/sqlite"

	"homeroom/events"
	"homeroom/storage"
)

// walMost is how large the write-ahead log may grow. SQLite copies it into the database every 4 MB, and then begins it
// anew as soon as nobody reads from it; where somebody always does, it would grow for ever.
const walMost = 8 << 20

// writer is the one connection that writes. A transaction holds it from Begin to Commit or Rollback.
type writer struct {
	readers *pool
	wal     string // the path of the write-ahead log

	mu    sync.Mutex // held while a transaction or another write is under way; guards what follows
	*conn            // nil once closed
}

func openWriter(ctx context.Context, folder string, readers *pool) (*writer, error) {
	connector, err := sqlite.NewConnector(dsn(folder, ""))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	c, err := connect(ctx, connector)
	if err != nil {
		return nil, err
	}
	return &writer{readers: readers, wal: filepath.Join(folder, file+"-wal"), conn: c}, nil
}

func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.conn
	if w.conn = nil; c == nil {
		return nil
	}
	return c.close()
}

// Begin implements [storage.Driver].
func (w *writer) Begin(_ context.Context, needs storage.Needs) (storage.Tx, *storage.Rows, error) {
	w.mu.Lock()
	if w.conn == nil {
		w.mu.Unlock()
		return nil, nil, storage.ErrClosed
	}
	if err := w.exec(`BEGIN IMMEDIATE`); err != nil {
		w.mu.Unlock()
		return nil, nil, err
	}
	t := &tx{writer: w}
	rows, err := fetch(w.conn, needs)
	if err != nil {
		t.Rollback()
		return nil, nil, err
	}
	return t, rows, nil
}

// fetch reads the rows that a transaction needs.
func fetch(c *conn, needs storage.Needs) (*storage.Rows, error) {
	rows := storage.NewRows()
	var err error
	if rows.Extents, err = extents(c, needs.Channels); err != nil {
		return nil, err
	}
	for _, id := range needs.Classes {
		class, err := one(c, scanClass, selectClass, id)
		if err != nil {
			return nil, err
		}
		if class != nil {
			rows.Classes[id] = class
		}
	}
	for _, key := range needs.Members {
		m, err := one(c, scanMember, selectMember, key.Class, key.User)
		if err != nil {
			return nil, err
		}
		if m != nil {
			rows.Members[key] = m
		}
	}
	for _, id := range needs.Messages {
		if err := fetchMessage(c, rows, id); err != nil {
			return nil, err
		}
	}
	if err := fetchJoinCodes(c, rows, needs.JoinCodes); err != nil {
		return nil, err
	}
	if err := fetchMutes(c, rows, needs.Mutes); err != nil {
		return nil, err
	}
	if rows.Preferences, err = preferences(c, needs.Preferences); err != nil {
		return nil, err
	}
	for _, key := range needs.Attempts {
		a, err := one(c, scanAttempt, selectAttempt, key.User, key.Path, key.Key)
		if err != nil {
			return nil, err
		}
		if a != nil {
			rows.Attempts[key] = a
		}
	}
	for _, key := range needs.Receipts {
		r, err := one(c, scanReceipt, selectReceipt, key.Class, key.User)
		if err != nil {
			return nil, err
		}
		if r != nil {
			rows.Receipts[key] = r
		}
	}
	return rows, fetchBulletins(c, rows, needs)
}

// fetchBulletins reads bulletins, acknowledgements and jobs.
func fetchBulletins(c *conn, rows *storage.Rows, needs storage.Needs) error {
	for _, id := range needs.Bulletins {
		m, err := one(c, scanBulletin, selectBulletin, id)
		if err != nil {
			return err
		}
		if m != nil {
			rows.Bulletins[id] = m
		}
	}
	for _, key := range needs.Acknowledgements {
		a, err := one(c, scanAcknowledgement, selectAcknowledgement, key.Class, key.Bulletin, key.User)
		if err != nil {
			return err
		}
		if a != nil {
			rows.Acknowledgements[key] = a
		}
	}
	for _, key := range needs.Jobs {
		j, err := one(c, scanJob, selectJob, key.Class, string(key.Kind), key.Subject, key.OffsetSeconds)
		if err != nil {
			return err
		}
		if j != nil {
			rows.Jobs[key] = j
		}
	}
	return nil
}

// fetchMessage reads a message and the one that it replies to.
func fetchMessage(c *conn, rows *storage.Rows, id string) error {
	m, err := one(c, scanMessage, selectMessage, id)
	if err != nil || m == nil {
		return err
	}
	rows.Messages[id] = m
	if m.ParentID == nil {
		return nil
	}
	return fetchMessage(c, rows, *m.ParentID)
}

// SetEpoch implements [storage.Driver].
func (w *writer) SetEpoch(_ context.Context, epoch string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn == nil {
		return storage.ErrClosed
	}
	return w.exec(`UPDATE settings SET value = ? WHERE key = 'epoch'`, epoch)
}

var _ storage.Tx = (*tx)(nil)

// tx is the writer's transaction. Its other methods are in the files of what they write.
type tx struct {
	*writer
	over bool
}

// Commit implements [storage.Tx].
func (t *tx) Commit(_ context.Context, evs []events.Event, heads map[events.Channel]int64) error {
	for i := range evs {
		if err := t.insertEvent(&evs[i]); err != nil {
			return err
		}
	}
	for channel, head := range heads {
		if err := t.putHead(channel, head); err != nil {
			return err
		}
	}
	if err := t.exec(`COMMIT`); err != nil {
		return err
	}
	t.boundLog()
	t.end()
	return nil
}

// boundLog empties the write-ahead log once it is too large, while nobody reads.
func (w *writer) boundLog() {
	if at, err := os.Stat(w.wal); err != nil || at.Size() < walMost {
		return
	}
	w.readers.alone(func() {
		// What is in the log is committed. If it can't be copied now, the next commit tries again.
		_ = w.exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	})
}

// Rollback implements [storage.Tx].
func (t *tx) Rollback() {
	if t.over {
		return
	}
	// If this fails too there is no transaction any more: SQLite rolls back by itself on a full disk and the like.
	_ = t.exec(`ROLLBACK`)
	t.end()
}

func (t *tx) end() {
	t.over = true
	t.mu.Unlock()
}
