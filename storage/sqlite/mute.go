package sqlite

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

// fetchMutes reads the mutes of those who left that a transaction needs.
func fetchMutes(c *conn, rows *storage.Rows, keys []storage.MemberKey) error {
	for _, key := range keys {
		until, err := one(c, scanTime, `SELECT until FROM mutes WHERE class = ? AND user = ?`, key.Class, key.User)
		if err != nil {
			return err
		}
		if until != nil {
			rows.Mutes[key] = *until
		}
	}
	return nil
}

// KeepMute implements [storage.Tx].
func (t *tx) KeepMute(_ context.Context, key storage.MemberKey, until events.Time) error {
	return t.exec(`INSERT INTO mutes (class, user, until) VALUES (?, ?, ?)
		ON CONFLICT (class, user) DO UPDATE SET until = excluded.until`, key.Class, key.User, int64(until))
}
