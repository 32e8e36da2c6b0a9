package sqlite

import (
	"context"

	"homeroom/storage"
)

const selectJoinCode = `SELECT class, code, created_at FROM join_codes WHERE class = ?`

func scanJoinCode(r row) (c storage.JoinCode, err error) {
	err = r.Scan(&c.Class, &c.Code, &c.CreatedAt)
	return c, err
}

// fetchJoinCodes reads the codes that a transaction needs.
func fetchJoinCodes(ctx context.Context, q querier, rows *storage.Rows, classes []string) error {
	for _, class := range classes {
		c, err := one(ctx, q, scanJoinCode, selectJoinCode, class)
		if err != nil {
			return err
		}
		if c != nil {
			rows.JoinCodes[class] = c
		}
	}
	return nil
}

// PutJoinCode implements [storage.Tx].
func (t *tx) PutJoinCode(ctx context.Context, c *storage.JoinCode) error {
	return t.exec(ctx, `INSERT INTO join_codes (class, code, created_at) VALUES (?, ?, ?)
		ON CONFLICT (class) DO UPDATE SET code = excluded.code, created_at = excluded.created_at`, c.Class, c.Code, int64(c.CreatedAt))
}

// DeleteJoinCode implements [storage.Tx].
func (t *tx) DeleteJoinCode(ctx context.Context, class string) error {
	return t.exec(ctx, `DELETE FROM join_codes WHERE class = ?`, class)
}

// JoinCode implements [storage.Reader].
func (s snapshot) JoinCode(ctx context.Context, class string) (*storage.JoinCode, error) {
	return one(ctx, s, scanJoinCode, selectJoinCode, class)
}
