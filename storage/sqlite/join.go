package sqlite

import (
	"context"

	"homeroom/storage"
)

const selectJoinCode = `SELECT class, code, created_at FROM join_codes WHERE class = ?`

func scanJoinCode(r row) (c storage.JoinCode, err error) {
	err = r.scan(&c.Class, &c.Code, (*int64)(&c.CreatedAt))
	return c, err
}

// fetchJoinCodes reads the codes that a transaction needs.
func fetchJoinCodes(c *conn, rows *storage.Rows, classes []string) error {
	for _, class := range classes {
		code, err := one(c, scanJoinCode, selectJoinCode, class)
		if err != nil {
			return err
		}
		if code != nil {
			rows.JoinCodes[class] = code
		}
	}
	return nil
}

// PutJoinCode implements [storage.Tx].
func (t *tx) PutJoinCode(_ context.Context, c *storage.JoinCode) error {
	return t.exec(`INSERT INTO join_codes (class, code, created_at) VALUES (?, ?, ?)
		ON CONFLICT (class) DO UPDATE SET code = excluded.code, created_at = excluded.created_at`, c.Class, c.Code, int64(c.CreatedAt))
}

// DeleteJoinCode implements [storage.Tx].
func (t *tx) DeleteJoinCode(_ context.Context, class string) error {
	return t.exec(`DELETE FROM join_codes WHERE class = ?`, class)
}

// JoinCode implements [storage.Reader].
func (s snapshot) JoinCode(_ context.Context, class string) (*storage.JoinCode, error) {
	return one(s.conn, scanJoinCode, selectJoinCode, class)
}
