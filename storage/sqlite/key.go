package sqlite

import "context"

// KeepKey implements [storage.Tx].
func (t *tx) KeepKey(_ context.Context, name, fresh string) (string, error) {
	if err := t.exec(`INSERT INTO signing_keys (name, secret) VALUES (?, ?) ON CONFLICT DO NOTHING`, name, fresh); err != nil {
		return "", err
	}
	var kept string
	err := t.query(func(r row) error { return r.scan(&kept) }, `SELECT secret FROM signing_keys WHERE name = ?`, name)
	return kept, err
}
