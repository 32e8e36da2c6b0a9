package postgres

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

// LastReply implements [storage.Tx].
func (t *tx) LastReply(ctx context.Context, parent string) (events.Time, error) {
	var found []events.Time
	t.addInserts()
	collect(t.queue, &found, scanTime, `SELECT created_at FROM messages WHERE parent_id = $1 AND deleted_at = 0 ORDER BY seq DESC LIMIT 1`, parent)
	if err := t.flush(ctx); err != nil || len(found) == 0 {
		return 0, err
	}
	return found[0], nil
}

// TopMessages implements [storage.Reader].
func (s *snapshot) TopMessages(ctx context.Context, class string, order storage.Order, beyond int64, limit int) ([]storage.Message, error) {
	return s.listMessages(ctx, `class = $1 AND parent_id IS NULL`, class, order, beyond, limit)
}

// Replies implements [storage.Reader].
func (s *snapshot) Replies(ctx context.Context, parent string, order storage.Order, beyond int64, limit int) ([]storage.Message, error) {
	return s.listMessages(ctx, `parent_id = $1`, parent, order, beyond, limit)
}
