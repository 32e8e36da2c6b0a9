package sqlite

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

const (
	classColumns = `classes.id, classes.name, classes.version, classes.created_at, classes.updated_at, classes.archived_at`
	selectClass  = `SELECT ` + classColumns + ` FROM classes WHERE id = ? AND deleted_at = 0`
)

func scanClass(r row) (c storage.ClassInfo, err error) {
	err = r.Scan(&c.ID, &c.Name, &c.Version, &c.CreatedAt, &c.UpdatedAt, &c.ArchivedAt)
	return c, err
}

// PutClass implements [storage.Tx].
func (t *tx) PutClass(ctx context.Context, c *storage.ClassInfo) error {
	return t.exec(ctx, `INSERT INTO classes (id, name, version, created_at, updated_at, archived_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version, updated_at = excluded.updated_at, archived_at = excluded.archived_at`,
		c.ID, c.Name, c.Version, int64(c.CreatedAt), int64(c.UpdatedAt), int64(c.ArchivedAt))
}

// DeleteClass implements [storage.Tx].
func (t *tx) DeleteClass(ctx context.Context, class string, at events.Time) error {
	return t.exec(ctx, `UPDATE classes SET deleted_at = ? WHERE id = ?`, int64(at), class)
}

// Class implements [storage.Reader].
func (s snapshot) Class(ctx context.Context, class string) (*storage.ClassInfo, error) {
	return one(ctx, s, scanClass, selectClass, class)
}

// Classes implements [storage.Reader].
func (s snapshot) Classes(ctx context.Context, user, after string, limit int) ([]storage.Class, error) {
	return list(ctx, s, func(r row) (c storage.Class, err error) {
		var role storage.Role
		err = r.Scan(&c.ID, &c.Name, &c.Version, &c.CreatedAt, &c.UpdatedAt, &c.ArchivedAt, &role)
		c.Role = &role
		return c, err
	}, `SELECT `+classColumns+`, members.role FROM members JOIN classes ON classes.id = members.class
		WHERE members.user = ? AND members.class > ? AND classes.deleted_at = 0 ORDER BY members.class LIMIT ?`, user, after, limit)
}
