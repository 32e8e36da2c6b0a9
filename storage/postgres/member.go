package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"homeroom/storage"
)

const memberColumns = `members.class, members."user", members.name, members.role, members.version, members.joined_at, members.updated_at, members.muted_until`

func scanMember(r row) (m storage.Member, err error) {
	err = r.Scan(&m.Class, &m.User, &m.Name, (*string)(&m.Role), &m.Version, (*int64)(&m.JoinedAt), (*int64)(&m.UpdatedAt), (*int64)(&m.MutedUntil))
	return m, err
}

// PutMember implements [storage.Tx].
func (t *tx) PutMember(_ context.Context, m *storage.Member) error {
	t.add(`INSERT INTO members (class, "user", name, role, version, joined_at, updated_at, muted_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (class, "user") DO UPDATE SET name = excluded.name, role = excluded.role, version = excluded.version, updated_at = excluded.updated_at,
			muted_until = excluded.muted_until`,
		m.Class, m.User, m.Name, string(m.Role), m.Version, int64(m.JoinedAt), int64(m.UpdatedAt), int64(m.MutedUntil))
	return nil
}

// DeleteMember implements [storage.Tx].
func (t *tx) DeleteMember(_ context.Context, key storage.MemberKey) error {
	t.add(`DELETE FROM members WHERE class = $1 AND "user" = $2`, key.Class, key.User)
	return nil
}

// Teachers implements [storage.Tx].
func (t *tx) Teachers(ctx context.Context, class string) (n int, err error) {
	t.addInserts()
	t.queue.Queue(`SELECT count(*) FROM members WHERE class = $1 AND role = 'teacher'`, class).
		QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
	return n, t.flush(ctx)
}

// Member implements [storage.Reader].
func (s *snapshot) Member(ctx context.Context, class, user string) (*storage.Member, error) {
	return one(ctx, s, scanMember, `SELECT `+memberColumns+` FROM members WHERE class = $1 AND "user" = $2`, class, user)
}

// Members implements [storage.Reader].
func (s *snapshot) Members(ctx context.Context, class, after string, limit int) ([]storage.Member, error) {
	return list(ctx, s, scanMember,
		`SELECT `+memberColumns+` FROM members WHERE class = $1 AND "user" > $2 ORDER BY "user" LIMIT $3`, class, after, limit)
}

// TeacherIDs implements [storage.Reader].
func (s *snapshot) TeacherIDs(ctx context.Context, class string, limit int) ([]string, error) {
	return list(ctx, s, scanText, `SELECT "user" FROM members WHERE class = $1 AND role = $2 LIMIT $3`, class, string(storage.Teacher), limit)
}

// UserIDs implements [storage.Reader].
func (s *snapshot) UserIDs(ctx context.Context, class string) ([]string, error) {
	return list(ctx, s, scanText, `SELECT "user" FROM members WHERE class = $1`, class)
}
