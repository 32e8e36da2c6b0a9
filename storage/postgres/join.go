package postgres

import (
	"context"

	"homeroom/storage"
)

const joinCodeColumns = `class, code, created_at`

func scanJoinCode(r row) (c storage.JoinCode, err error) {
	err = r.Scan(&c.Class, &c.Code, (*int64)(&c.CreatedAt))
	return c, err
}

// PutJoinCode implements [storage.Tx].
func (t *tx) PutJoinCode(_ context.Context, c *storage.JoinCode) error {
	t.add(`INSERT INTO join_codes (`+joinCodeColumns+`) VALUES ($1, $2, $3)
		ON CONFLICT (class) DO UPDATE SET code = excluded.code, created_at = excluded.created_at`, c.Class, c.Code, int64(c.CreatedAt))
	return nil
}

// DeleteJoinCode implements [storage.Tx].
func (t *tx) DeleteJoinCode(_ context.Context, class string) error {
	t.add(`DELETE FROM join_codes WHERE class = $1`, class)
	return nil
}

// JoinCode implements [storage.Reader].
func (s *snapshot) JoinCode(ctx context.Context, class string) (*storage.JoinCode, error) {
	return one(ctx, s, scanJoinCode, `SELECT `+joinCodeColumns+` FROM join_codes WHERE class = $1`, class)
}
