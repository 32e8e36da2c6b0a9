package postgres

import (
	"context"

	"homeroom/storage"
)

const formerTextColumns = `message, version, text, at, editor`

// KeepText implements [storage.Tx].
func (t *tx) KeepText(_ context.Context, f *storage.FormerText) error {
	t.add(`INSERT INTO former_texts (`+formerTextColumns+`) VALUES ($1, $2, $3, $4, $5)`,
		f.Message, f.Version, f.Text, int64(f.At), f.Editor)
	return nil
}

// DropTexts implements [storage.Tx].
func (t *tx) DropTexts(_ context.Context, message string) error {
	t.add(`DELETE FROM former_texts WHERE message = $1`, message)
	return nil
}

// FormerTexts implements [storage.Reader].
func (s *snapshot) FormerTexts(ctx context.Context, message string, after int64, limit int) ([]storage.FormerText, error) {
	return list(ctx, s, func(r row) (f storage.FormerText, err error) {
		err = r.Scan(&f.Message, &f.Version, &f.Text, (*int64)(&f.At), &f.Editor)
		return f, err
	}, `SELECT `+formerTextColumns+` FROM former_texts WHERE message = $1 AND version > $2 ORDER BY version LIMIT $3`, message, after, limit)
}
