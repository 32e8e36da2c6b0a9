package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"homeroom/events"
)

const revocationColumns = `"user", session, at, until`

func scanRevocation(r row) (v events.Revocation, err error) {
	err = r.Scan(&v.User, &v.Session, (*int64)(&v.At), (*int64)(&v.Until))
	return v, err
}

// PutRevocation implements [storage.Tx].
func (t *tx) PutRevocation(_ context.Context, v *events.Revocation) error {
	t.add(`INSERT INTO revocations AS had (`+revocationColumns+`) VALUES ($1, $2, $3, $4)
		ON CONFLICT ("user", session) DO UPDATE SET at = greatest(had.at, excluded.at), until = greatest(had.until, excluded.until)`,
		v.User, v.Session, int64(v.At), int64(v.Until))
	return nil
}

// CountRevocations implements [storage.Tx].
func (t *tx) CountRevocations(ctx context.Context, user string) (n int, err error) {
	t.addInserts()
	t.queue.Queue(`SELECT count(*) FROM revocations WHERE "user" = $1`, user).QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
	return n, t.flush(ctx)
}

// DropRevocations implements [storage.Tx].
func (t *tx) DropRevocations(ctx context.Context, before events.Time, limit int) (int, error) {
	return t.forget(ctx, `DELETE FROM revocations WHERE ("user", session) IN
		(SELECT "user", session FROM revocations WHERE until < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`, int64(before), limit)
}

// Revocations implements [storage.Reader].
func (s *snapshot) Revocations(ctx context.Context, now events.Time) ([]events.Revocation, error) {
	return list(ctx, s, scanRevocation, `SELECT `+revocationColumns+` FROM revocations WHERE until >= $1`, int64(now))
}
