package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"homeroom/events"
)

const (
	noticeColumns = `id, level, text, author, version, created_at, expires_at`
	selectNotice  = `SELECT ` + noticeColumns + ` FROM notices WHERE id = $1`
)

func scanNotice(r row) (n events.Notice, err error) {
	err = r.Scan(&n.ID, (*string)(&n.Level), &n.Text, &n.Author, &n.Version, (*int64)(&n.CreatedAt), (*int64)(&n.ExpiresAt))
	return n, err
}

// PutNotice implements [storage.Tx].
func (t *tx) PutNotice(_ context.Context, n *events.Notice) error {
	t.add(`INSERT INTO notices (`+noticeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET version = excluded.version, expires_at = excluded.expires_at`,
		n.ID, string(n.Level), n.Text, n.Author, n.Version, int64(n.CreatedAt), int64(n.ExpiresAt))
	return nil
}

// CountNotices implements [storage.Tx].
func (t *tx) CountNotices(ctx context.Context, now events.Time) (n int, err error) {
	t.addInserts()
	t.queue.Queue(`SELECT count(*) FROM notices WHERE expires_at > $1`, int64(now)).QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
	return n, t.flush(ctx)
}

// DropNotices implements [storage.Tx].
func (t *tx) DropNotices(ctx context.Context, before events.Time, limit int) (int, error) {
	return t.forget(ctx, `DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
		int64(before), limit)
}

// Notice implements [storage.Tx].
func (t *tx) Notice(ctx context.Context, id string) (*events.Notice, error) {
	var found []events.Notice
	t.addInserts()
	collect(t.queue, &found, scanNotice, selectNotice, id)
	if err := t.flush(ctx); err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// Notice implements [storage.Reader].
func (s *snapshot) Notice(ctx context.Context, id string) (*events.Notice, error) {
	return one(ctx, s, scanNotice, selectNotice, id)
}

// Notices implements [storage.Reader].
func (s *snapshot) Notices(ctx context.Context, now events.Time, after string, limit int) ([]events.Notice, error) {
	return list(ctx, s, scanNotice, `SELECT `+noticeColumns+` FROM notices WHERE expires_at > $1 AND id > $2 ORDER BY id LIMIT $3`,
		int64(now), after, limit)
}
