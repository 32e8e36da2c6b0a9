package sqlite

import (
	"context"

	"homeroom/events"
)

const noticeColumns = `id, level, text, author, version, created_at, expires_at`

func scanNotice(r row) (n events.Notice, err error) {
	err = r.scan(&n.ID, (*string)(&n.Level), &n.Text, &n.Author, &n.Version, (*int64)(&n.CreatedAt), (*int64)(&n.ExpiresAt))
	return n, err
}

// PutNotice implements [storage.Tx].
func (t *tx) PutNotice(_ context.Context, n *events.Notice) error {
	return t.exec(`INSERT INTO notices (`+noticeColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET version = excluded.version, expires_at = excluded.expires_at`,
		n.ID, string(n.Level), n.Text, n.Author, n.Version, int64(n.CreatedAt), int64(n.ExpiresAt))
}

// CountNotices implements [storage.Tx].
func (t *tx) CountNotices(_ context.Context, now events.Time) (int, error) {
	var n int64
	err := t.query(func(r row) error { return r.scan(&n) }, `SELECT count(*) FROM notices WHERE expires_at > ?`, int64(now))
	return int(n), err
}

// DropNotices implements [storage.Tx].
func (t *tx) DropNotices(_ context.Context, before events.Time, limit int) (int, error) {
	gone, err := list(t.conn, scanText, `DELETE FROM notices WHERE id IN
		(SELECT id FROM notices WHERE expires_at < ? LIMIT ?) RETURNING ''`, int64(before), int64(limit))
	return len(gone), err
}

// Notice implements [storage.Reader] and, for the transaction that conn is in, [storage.Tx].
func (c *conn) Notice(_ context.Context, id string) (*events.Notice, error) {
	return one(c, scanNotice, `SELECT `+noticeColumns+` FROM notices WHERE id = ?`, id)
}

// Notices implements [storage.Reader].
func (s snapshot) Notices(_ context.Context, now events.Time, after string, limit int) ([]events.Notice, error) {
	return list(s.conn, scanNotice, `SELECT `+noticeColumns+` FROM notices WHERE expires_at > ? AND id > ? ORDER BY id LIMIT ?`,
		int64(now), after, int64(limit))
}
