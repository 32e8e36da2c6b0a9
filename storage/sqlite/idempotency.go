package sqlite

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

const (
	attemptColumns = `user, path, key, fingerprint, id, version, answer, at`
	selectAttempt  = `SELECT ` + attemptColumns + ` FROM attempts WHERE user = ? AND path = ? AND key = ?`
)

func scanAttempt(r row) (a storage.FirstAttempt, err error) {
	err = r.scan(&a.User, &a.Path, &a.Key, &a.Fingerprint, &a.ID, &a.Version, (*[]byte)(&a.Answer), (*int64)(&a.At))
	return a, err
}

// InsertAttempt implements [storage.Tx].
func (t *tx) InsertAttempt(_ context.Context, a *storage.FirstAttempt) error {
	return t.exec(`INSERT INTO attempts (`+attemptColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		a.User, a.Path, a.Key, a.Fingerprint, a.ID, a.Version, string(a.Answer), int64(a.At))
}

// ForgetAttempts implements [storage.Tx].
func (t *tx) ForgetAttempts(_ context.Context, before events.Time, limit int) (int, error) {
	gone, err := list(t.conn, scanText, `DELETE FROM attempts WHERE rowid IN
		(SELECT rowid FROM attempts WHERE at < ? ORDER BY at LIMIT ?) RETURNING key`, int64(before), int64(limit))
	return len(gone), err
}
