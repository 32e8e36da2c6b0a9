package sqlite

import (
	"context"

	"homeroom/storage"
)

const formerTextColumns = `message, version, text, at, editor`

// KeepText implements [storage.Tx].
func (t *tx) KeepText(ctx context.Context, f *storage.FormerText) error {
	return t.exec(ctx, `INSERT INTO former_texts (`+formerTextColumns+`) VALUES (?, ?, ?, ?, ?)`,
		f.Message, f.Version, f.Text, int64(f.At), f.Editor)
}

// DropTexts implements [storage.Tx].
func (t *tx) DropTexts(ctx context.Context, message string) error {
	return t.exec(ctx, `DELETE FROM former_texts WHERE message = ?`, message)
}

// FormerTexts implements [storage.Reader].
func (s snapshot) FormerTexts(ctx context.Context, message string, after int64, limit int) ([]storage.FormerText, error) {
	return list(ctx, s, func(r row) (f storage.FormerText, err error) {
		err = r.Scan(&f.Message, &f.Version, &f.Text, &f.At, &f.Editor)
		return f, err
	}, `SELECT `+formerTextColumns+` FROM former_texts WHERE message = ? AND version > ? ORDER BY version LIMIT ?`, message, after, limit)
}
