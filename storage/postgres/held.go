package postgres

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

const (
	heldColumns = `id, class, author, text, parent_id, reason, held_at, paused_until`
	selectHeld  = `SELECT ` + heldColumns + ` FROM held_messages WHERE id = $1`
)

func scanHeld(r row) (m storage.HeldMessage, err error) {
	err = r.Scan(&m.ID, &m.Class, &m.Author, &m.Text, &m.ParentID, (*string)(&m.Reason), (*int64)(&m.HeldAt), (*int64)(&m.PausedUntil))
	return m, err
}

// InsertHeld implements [storage.Tx].
func (t *tx) InsertHeld(_ context.Context, m *storage.HeldMessage) error {
	t.add(`INSERT INTO held_messages (`+heldColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		m.ID, m.Class, m.Author, m.Text, m.ParentID, string(m.Reason), int64(m.HeldAt), int64(m.PausedUntil))
	return nil
}

// BoundHeld implements [storage.Tx].
func (t *tx) BoundHeld(_ context.Context, class string, most int) error {
	t.add(`DELETE FROM held_messages WHERE class = $1 AND id <=
		(SELECT id FROM held_messages WHERE class = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)`, class, most)
	return nil
}

// DeleteHeld implements [storage.Tx].
func (t *tx) DeleteHeld(_ context.Context, class, id string) error {
	t.add(`DELETE FROM held_messages WHERE class = $1 AND id = $2`, class, id)
	return nil
}

// ForgetHeld implements [storage.Tx].
func (t *tx) ForgetHeld(ctx context.Context, before events.Time, limit int) (int, error) {
	return t.forget(ctx, `DELETE FROM held_messages WHERE id IN
		(SELECT id FROM held_messages WHERE held_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`, int64(before), limit)
}

// HeldMessage implements [storage.Tx].
func (t *tx) HeldMessage(ctx context.Context, id string) (*storage.HeldMessage, error) {
	var found []storage.HeldMessage
	t.addInserts()
	collect(t.queue, &found, scanHeld, selectHeld, id)
	if err := t.flush(ctx); err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// HeldMessage implements [storage.Reader].
func (s *snapshot) HeldMessage(ctx context.Context, id string) (*storage.HeldMessage, error) {
	return one(ctx, s, scanHeld, selectHeld, id)
}

// HeldMessages implements [storage.Reader].
func (s *snapshot) HeldMessages(ctx context.Context, class, before string, limit int) ([]storage.HeldMessage, error) {
	return list(ctx, s, scanHeld, `SELECT `+heldColumns+` FROM held_messages WHERE class = $1 AND id < $2 ORDER BY id DESC LIMIT $3`,
		class, before, limit)
}
