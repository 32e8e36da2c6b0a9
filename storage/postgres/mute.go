package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"homeroom/events"
	"homeroom/storage"
)

// mute is until when one who left is muted.
type mute struct {
	key   storage.MemberKey
	until events.Time
}

func scanMute(r row) (m mute, err error) {
	err = r.Scan(&m.key.Class, &m.key.User, (*int64)(&m.until))
	return m, err
}

// queueMutes reads the mutes that a transaction needs.
func (f *fetch) queueMutes(b *pgx.Batch, keys []storage.MemberKey) {
	if len(keys) == 0 {
		return
	}
	classes, users := memberKeys(keys)
	collect(b, &f.mutes, scanMute,
		`SELECT class, "user", until FROM unnest($1::text[], $2::text[]) AS k (class, "user") JOIN mutes USING (class, "user")`, classes, users)
}

// KeepMute implements [storage.Tx].
func (t *tx) KeepMute(_ context.Context, key storage.MemberKey, until events.Time) error {
	t.add(`INSERT INTO mutes (class, "user", until) VALUES ($1, $2, $3)
		ON CONFLICT (class, "user") DO UPDATE SET until = excluded.until`, key.Class, key.User, int64(until))
	return nil
}
