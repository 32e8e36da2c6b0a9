package sqlite

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

const (
	classColumns = `classes.id, classes.name, classes.version, classes.created_at, classes.updated_at`
	selectClass  = `SELECT ` + classColumns + ` FROM classes WHERE id = ? AND deleted_at = 0`
)

func scanClass(r row) (c storage.ClassInfo, err error) {
	err = r.scan(&c.ID, &c.Name, &c.Version, (*int64)(&c.CreatedAt), (*int64)(&c.UpdatedAt))
	return c, err
}

// PutClass implements [storage.Tx].
func (t *tx) PutClass(_ context.Context, c *storage.ClassInfo) error {
	return t.exec(`INSERT INTO classes (id, name, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version, updated_at = excluded.updated_at`,
		c.ID, c.Name, c.Version, int64(c.CreatedAt), int64(c.UpdatedAt))
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
		err = r.scan(&c.ID, &c.Name, &c.Version, (*int64)(&c.CreatedAt), (*int64)(&c.UpdatedAt), (*string)(&role))
		c.Role = &role
		return c, err
	}, `SELECT `+classColumns+`, members.role FROM members JOIN classes ON classes.id = members.class
		WHERE members.user = ? AND members.class > ? AND classes.deleted_at = 0 ORDER BY members.class LIMIT ?`, user, after, int64(limit))
}

// ClassIDs implements [storage.Reader].
func (s snapshot) ClassIDs(_ context.Context, user string, limit int) ([]string, error) {
	return list(s.conn, scanText, `SELECT classes.id FROM members JOIN classes ON classes.id = members.class
		WHERE members.user = ? AND classes.deleted_at = 0 ORDER BY members.class DESC LIMIT ?`, user, int64(limit))
}
