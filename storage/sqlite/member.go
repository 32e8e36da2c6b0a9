package sqlite

import (
	"context"

	"homeroom/storage"
)

const (
	memberColumns = `class, user, name, role, version, joined_at, updated_at`
	selectMember  = `SELECT ` + memberColumns + ` FROM members WHERE class = ? AND user = ?`
)

func scanMember(r row) (m storage.Member, err error) {
	err = r.Scan(&m.Class, &m.User, &m.Name, &m.Role, &m.Version, &m.JoinedAt, &m.UpdatedAt)
	return m, err
}

// PutMember implements [storage.Tx].
func (t *tx) PutMember(ctx context.Context, m *storage.Member) error {
	return t.exec(ctx, `INSERT INTO members (`+memberColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (class, user) DO UPDATE SET name = excluded.name, role = excluded.role, version = excluded.version, updated_at = excluded.updated_at`,
		m.Class, m.User, m.Name, string(m.Role), m.Version, int64(m.JoinedAt), int64(m.UpdatedAt))
}

// DeleteMember implements [storage.Tx].
func (t *tx) DeleteMember(ctx context.Context, key storage.MemberKey) error {
	return t.exec(ctx, `DELETE FROM members WHERE class = ? AND user = ?`, key.Class, key.User)
}

// Teachers implements [storage.Tx].
func (t *tx) Teachers(ctx context.Context, class string) (int, error) {
	n, err := one(ctx, t, func(r row) (n int, err error) {
		err = r.Scan(&n)
		return n, err
	}, `SELECT count(*) FROM members WHERE class = ? AND role = 'teacher'`, class)
	if err != nil {
		return 0, err
	}
	return *n, nil
}

// Member implements [storage.Reader].
func (s snapshot) Member(ctx context.Context, class, user string) (*storage.Member, error) {
	return one(ctx, s, scanMember, selectMember, class, user)
}

// Members implements [storage.Reader].
func (s snapshot) Members(ctx context.Context, class, after string, limit int) ([]storage.Member, error) {
	return list(ctx, s, scanMember,
		`SELECT `+memberColumns+` FROM members WHERE class = ? AND user > ? ORDER BY user LIMIT ?`, class, after, limit)
}

// UserIDs implements [storage.Reader].
func (s snapshot) UserIDs(ctx context.Context, class string) ([]string, error) {
	return list(ctx, s, scanText, `SELECT user FROM members WHERE class = ?`, class)
}
