package sqlite

import (
	"context"

	"homeroom/storage"
)

const formerTextColumns = `message, version, text, at, editor`

// KeepText implements [storage.Tx].
func (t *tx) KeepText(_ context.Context, f *storage.FormerText) error {
	return t.exec(`INSERT INTO former_texts (`+formerTextColumns+`) VALUES (?, ?, ?, ?, ?)`,
		f.Message, f.Version, f.Text, int64(f.At), f.Editor)
}

// DropTexts implements [storage.Tx].
func (t *tx) DropTexts(_ context.Context, message string) error {
	return t.exec(`DELETE FROM former_texts WHERE message = ?`, message)
}

// FormerTexts implements [storage.Reader].
func (s snapshot) FormerTexts(_ context.Context, message string, after int64, limit int) ([]storage.FormerText, error) {
	return list(s.conn, func(r row) (f storage.FormerText, err error) {
		err = r.scan(&f.Message, &f.Version, &f.Text, (*int64)(&f.At), &f.Editor)
		return f, err
	}, `SELECT `+formerTextColumns+` FROM former_texts WHERE message = ? AND version > ? ORDER BY version LIMIT ?`, message, after, int64(limit))
}
