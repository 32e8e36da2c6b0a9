package sqlite

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

const (
	classColumns = `classes.id, classes.name, classes.version, classes.created_at, classes.updated_at, classes.archived_at, classes.locked, classes.slow_mode`
	selectClass  = `SELECT ` + classColumns + ` FROM classes WHERE id = ? AND deleted_at = 0`
)

func scanClass(r row) (c storage.ClassInfo, err error) {
	var locked int64
	err = r.scan(classFields(&c, &locked)...)
	c.Locked = locked != 0
	return c, err
}

// classFields are where classColumns go.
func classFields(c *storage.ClassInfo, locked *int64) []any {
	return []any{&c.ID, &c.Name, &c.Version, (*int64)(&c.CreatedAt), (*int64)(&c.UpdatedAt), (*int64)(&c.ArchivedAt), locked, &c.SlowMode}
}

// truth is a bool as SQLite has it.
func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// PutClass implements [storage.Tx].
func (t *tx) PutClass(_ context.Context, c *storage.ClassInfo) error {
	return t.exec(`INSERT INTO classes (id, name, version, created_at, updated_at, archived_at, locked, slow_mode) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version, updated_at = excluded.updated_at, archived_at = excluded.archived_at,
			locked = excluded.locked, slow_mode = excluded.slow_mode`,
		c.ID, c.Name, c.Version, int64(c.CreatedAt), int64(c.UpdatedAt), int64(c.ArchivedAt), truth(c.Locked), c.SlowMode)
}

// DeleteClass implements [storage.Tx].
func (t *tx) DeleteClass(_ context.Context, class string, at events.Time) error {
	return t.exec(`UPDATE classes SET deleted_at = ? WHERE id = ?`, int64(at), class)
}

// Class implements [storage.Reader].
func (s snapshot) Class(_ context.Context, class string) (*storage.ClassInfo, error) {
	return one(s.conn, scanClass, selectClass, class)
}

// Classes implements [storage.Reader].
func (s snapshot) Classes(_ context.Context, user, after string, limit int) ([]storage.Class, error) {
	return list(s.conn, func(r row) (c storage.Class, err error) {
		var role storage.Role
		var seen storage.Seen
		var locked int64
		err = r.scan(append(classFields(&c.ClassInfo, &locked), (*string)(&role), &seen.Read, &seen.Unread)...)
		c.Locked = locked != 0
		c.Role, c.Read, c.Unread = &role, &seen.Read, &seen.Unread
		return c, err
	}, `SELECT `+classColumns+`, seen.role, seen.read, `+unread+` FROM (
			SELECT members.class, members.user, members.role, coalesce(receipts.read, 0) AS read
			FROM members LEFT JOIN receipts ON receipts.class = members.class AND receipts.user = members.user
			WHERE members.user = ?2 AND members.class > ?3) AS seen
		JOIN classes ON classes.id = seen.class WHERE classes.deleted_at = 0 ORDER BY seen.class LIMIT ?4`,
		int64(storage.MaxUnread), user, after, int64(limit))
}

// ClassIDs implements [storage.Reader].
func (s snapshot) ClassIDs(_ context.Context, user string, limit int) ([]string, error) {
	return list(s.conn, scanText, `SELECT classes.id FROM members JOIN classes ON classes.id = members.class
		WHERE members.user = ? AND classes.deleted_at = 0 ORDER BY members.class DESC LIMIT ?`, user, int64(limit))
}
