package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// KeepKey implements [storage.Tx]. Whoever else makes the key at the same time is waited for.
func (t *tx) KeepKey(ctx context.Context, name, fresh string) (kept string, err error) {
	t.add(`INSERT INTO signing_keys (name, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING`, name, fresh)
	t.queue.Queue(`SELECT secret FROM signing_keys WHERE name = $1`, name).QueryRow(func(r pgx.Row) error { return r.Scan(&kept) })
	return kept, t.flush(ctx)
}
