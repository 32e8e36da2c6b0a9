package sqlite

import (
	"context"

	"homeroom/events"
)

const revocationColumns = `user, session, at, until`

func scanRevocation(r row) (v events.Revocation, err error) {
	err = r.scan(&v.User, &v.Session, (*int64)(&v.At), (*int64)(&v.Until))
	return v, err
}

// PutRevocation implements [storage.Tx].
func (t *tx) PutRevocation(_ context.Context, v *events.Revocation) error {
	return t.exec(`INSERT INTO revocations (`+revocationColumns+`) VALUES (?, ?, ?, ?)
		ON CONFLICT (user, session) DO UPDATE SET at = max(at, excluded.at), until = max(until, excluded.until)`,
		v.User, v.Session, int64(v.At), int64(v.Until))
}

// CountRevocations implements [storage.Tx].
func (t *tx) CountRevocations(_ context.Context, user string) (int, error) {
	var n int64
	err := t.query(func(r row) error { return r.scan(&n) }, `SELECT count(*) FROM revocations WHERE user = ?`, user)
	return int(n), err
}

// DropRevocations implements [storage.Tx].
func (t *tx) DropRevocations(_ context.Context, before events.Time, limit int) (int, error) {
	gone, err := list(t.conn, scanText, `DELETE FROM revocations WHERE (user, session) IN
		(SELECT user, session FROM revocations WHERE until < ? LIMIT ?) RETURNING ''`, int64(before), int64(limit))
	return len(gone), err
}

// Revocations implements [storage.Reader].
func (s snapshot) Revocations(_ context.Context, now events.Time) ([]events.Revocation, error) {
	return list(s.conn, scanRevocation, `SELECT `+revocationColumns+` FROM revocations WHERE until >= ?`, int64(now))
}
