package sqlite

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

// LastReply implements [storage.Tx].
func (t *tx) LastReply(_ context.Context, parent string) (events.Time, error) {
	at, err := one(t.conn, scanTime, `SELECT created_at FROM messages WHERE parent_id = ? AND deleted_at = 0 ORDER BY seq DESC LIMIT 1`, parent)
	if err != nil || at == nil {
		return 0, err
	}
	return *at, nil
}

// TopMessages implements [storage.Reader].
func (s snapshot) TopMessages(_ context.Context, class string, order storage.Order, beyond int64, limit int) ([]storage.Message, error) {
	return s.listMessages(`class = ? AND parent_id IS NULL`, class, order, beyond, limit)
}

// Replies implements [storage.Reader].
func (s snapshot) Replies(_ context.Context, parent string, order storage.Order, beyond int64, limit int) ([]storage.Message, error) {
	return s.listMessages(`parent_id = ?`, parent, order, beyond, limit)
}
