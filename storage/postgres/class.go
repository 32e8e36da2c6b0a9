package postgres

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

const classColumns = `classes.id, classes.name, classes.version, classes.created_at, classes.updated_at, classes.archived_at, classes.locked, classes.slow_mode`

func scanClass(r row) (c storage.ClassInfo, err error) {
	err = r.Scan(classFields(&c)...)
	return c, err
}

// classFields are where classColumns go.
func classFields(c *storage.ClassInfo) []any {
	return []any{&c.ID, &c.Name, &c.Version, (*int64)(&c.CreatedAt), (*int64)(&c.UpdatedAt), (*int64)(&c.ArchivedAt), &c.Locked, &c.SlowMode}
}

// PutClass implements [storage.Tx].
func (t *tx) PutClass(_ context.Context, c *storage.ClassInfo) error {
	t.add(`INSERT INTO classes (id, name, version, created_at, updated_at, archived_at, locked, slow_mode) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version, updated_at = excluded.updated_at, archived_at = excluded.archived_at,
			locked = excluded.locked, slow_mode = excluded.slow_mode`,
		c.ID, c.Name, c.Version, int64(c.CreatedAt), int64(c.UpdatedAt), int64(c.ArchivedAt), c.Locked, c.SlowMode)
	return nil
}

// DeleteClass implements [storage.Tx].
func (t *tx) DeleteClass(_ context.Context, class string, at events.Time) error {
	t.add(`UPDATE classes SET deleted_at = $1 WHERE id = $2`, int64(at), class)
	return nil
}

// Class implements [storage.Reader].
func (s *snapshot) Class(ctx context.Context, class string) (*storage.ClassInfo, error) {
	return one(ctx, s, scanClass, `SELECT `+classColumns+` FROM classes WHERE id = $1 AND deleted_at = 0`, class)
}

// Classes implements [storage.Reader].
func (s *snapshot) Classes(ctx context.Context, user, after string, limit int) ([]storage.Class, error) {
	return list(ctx, s, func(r row) (c storage.Class, err error) {
		var role storage.Role
		var seen storage.Seen
		err = r.Scan(append(classFields(&c.ClassInfo), (*string)(&role), &seen.Read, &seen.Unread)...)
		c.Role, c.Read, c.Unread = &role, &seen.Read, &seen.Unread
		return c, err
	}, `SELECT `+classColumns+`, seen.role, seen.read, `+unread+` FROM (
			SELECT members.class, members."user", members.role, coalesce(receipts.read, 0) AS read
			FROM members LEFT JOIN receipts ON receipts.class = members.class AND receipts."user" = members."user"
			WHERE members."user" = $2 AND members.class > $3) AS seen
		JOIN classes ON classes.id = seen.class WHERE classes.deleted_at = 0 ORDER BY seen.class LIMIT $4`,
		storage.MaxUnread, user, after, limit)
}

// ClassIDs implements [storage.Reader].
func (s *snapshot) ClassIDs(ctx context.Context, user string, limit int) ([]string, error) {
	return list(ctx, s, scanText, `SELECT classes.id FROM members JOIN classes ON classes.id = members.class
		WHERE members."user" = $1 AND classes.deleted_at = 0 ORDER BY members.class DESC LIMIT $2`, user, limit)
}
