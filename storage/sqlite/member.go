package sqlite

import (
	"context"

	"homeroom/storage"
)

const (
	memberColumns = `class, user, name, role, version, joined_at, updated_at, muted_until`
	selectMember  = `SELECT ` + memberColumns + ` FROM members WHERE class = ? AND user = ?`
)

func scanMember(r row) (m storage.Member, err error) {
	err = r.scan(&m.Class, &m.User, &m.Name, (*string)(&m.Role), &m.Version, (*int64)(&m.JoinedAt), (*int64)(&m.UpdatedAt), (*int64)(&m.MutedUntil))
	return m, err
}

// PutMember implements [storage.Tx].
func (t *tx) PutMember(_ context.Context, m *storage.Member) error {
	return t.exec(`INSERT INTO members (`+memberColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (class, user) DO UPDATE SET name = excluded.name, role = excluded.role, version = excluded.version, updated_at = excluded.updated_at,
			muted_until = excluded.muted_until`,
		m.Class, m.User, m.Name, string(m.Role), m.Version, int64(m.JoinedAt), int64(m.UpdatedAt), int64(m.MutedUntil))
}

// DeleteMember implements [storage.Tx].
func (t *tx) DeleteMember(_ context.Context, key storage.MemberKey) error {
	return t.exec(`DELETE FROM members WHERE class = ? AND user = ?`, key.Class, key.User)
}

// Teachers implements [storage.Tx].
func (t *tx) Teachers(_ context.Context, class string) (int, error) {
	var n int64
	err := t.query(func(r row) error { return r.scan(&n) }, `SELECT count(*) FROM members WHERE class = ? AND role = 'teacher'`, class)
	return int(n), err
}

// Member implements [storage.Reader].
func (s snapshot) Member(_ context.Context, class, user string) (*storage.Member, error) {
	return one(s.conn, scanMember, selectMember, class, user)
}

// Members implements [storage.Reader].
func (s snapshot) Members(_ context.Context, class, after string, limit int) ([]storage.Member, error) {
	return list(s.conn, scanMember,
		`SELECT `+memberColumns+` FROM members WHERE class = ? AND user > ? ORDER BY user LIMIT ?`, class, after, int64(limit))
}

// TeacherIDs implements [storage.Reader].
func (s snapshot) TeacherIDs(_ context.Context, class string, limit int) ([]string, error) {
	return list(s.conn, scanText, `SELECT user FROM members WHERE class = ? AND role = ? LIMIT ?`, class, string(storage.Teacher), int64(limit))
}

// UserIDs implements [storage.Reader].
func (s snapshot) UserIDs(_ context.Context, class string) ([]string, error) {
	return list(s.conn, scanText, `SELECT user FROM members WHERE class = ?`, class)
}
