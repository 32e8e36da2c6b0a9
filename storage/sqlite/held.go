package sqlite

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

const heldColumns = `id, class, author, text, parent_id, reason, held_at, paused_until`

func scanHeld(r row) (m storage.HeldMessage, err error) {
	err = r.scan(&m.ID, &m.Class, &m.Author, &m.Text, &m.ParentID, (*string)(&m.Reason), (*int64)(&m.HeldAt), (*int64)(&m.PausedUntil))
	return m, err
}

// InsertHeld implements [storage.Tx].
func (t *tx) InsertHeld(_ context.Context, m *storage.HeldMessage) error {
	return t.exec(`INSERT INTO held_messages (`+heldColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ID, m.Class, m.Author, m.Text, m.ParentID, string(m.Reason), int64(m.HeldAt), int64(m.PausedUntil))
}

// BoundHeld implements [storage.Tx].
func (t *tx) BoundHeld(_ context.Context, class string, most int) error {
	return t.exec(`DELETE FROM held_messages WHERE class = ?1 AND id <=
		(SELECT id FROM held_messages WHERE class = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`, class, int64(most))
}

// DeleteHeld implements [storage.Tx].
func (t *tx) DeleteHeld(_ context.Context, class, id string) error {
	return t.exec(`DELETE FROM held_messages WHERE class = ? AND id = ?`, class, id)
}

// ForgetHeld implements [storage.Tx].
func (t *tx) ForgetHeld(_ context.Context, before events.Time, limit int) (int, error) {
	gone, err := list(t.conn, scanText, `DELETE FROM held_messages WHERE id IN
		(SELECT id FROM held_messages WHERE held_at < ? LIMIT ?) RETURNING ''`, int64(before), int64(limit))
	return len(gone), err
}

// HeldMessage implements [storage.Reader] and, for the transaction that conn is in, [storage.Tx].
func (c *conn) HeldMessage(_ context.Context, id string) (*storage.HeldMessage, error) {
	return one(c, scanHeld, `SELECT `+heldColumns+` FROM held_messages WHERE id = ?`, id)
}

// HeldMessages implements [storage.Reader].
func (s snapshot) HeldMessages(_ context.Context, class, before string, limit int) ([]storage.HeldMessage, error) {
	return list(s.conn, scanHeld, `SELECT `+heldColumns+` FROM held_messages WHERE class = ? AND id < ? ORDER BY id DESC LIMIT ?`,
		class, before, int64(limit))
}
