package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"

	"homeroom/events"
	"homeroom/storage"
)

// PutSessions implements [storage.Tx].
func (t *tx) PutSessions(_ context.Context, run string, sessions []events.Session) error {
	n := len(sessions)
	if n == 0 {
		return nil
	}
	classes, users := make([]string, n), make([]string, n)
	since, until := make([]int64, n), make([]int64, n)
	for i, s := range sessions {
		classes[i], users[i], since[i], until[i] = s.Class, s.User, int64(s.Since), int64(s.Until)
	}
	t.add(`INSERT INTO attendance (class, "user", since, until, run)
		SELECT k.*, $5 FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS k
		ON CONFLICT (class, "user", since) DO UPDATE SET until = greatest(attendance.until, excluded.until)`,
		classes, users, since, until, run)
	return nil
}

// Sessions implements [storage.Reader].
func (s *snapshot) Sessions(ctx context.Context, class, after, last string, span storage.Span) ([]storage.Session, error) {
	return list(ctx, s, func(r row) (found storage.Session, err error) {
		err = r.Scan(&found.User, (*int64)(&found.Since), (*int64)(&found.Until), &found.Run, (*int64)(&found.Alive))
		return found, err
	}, `SELECT a."user", a.since, a.until, a.run, coalesce(r.alive_at, 0)
		FROM attendance AS a LEFT JOIN runs AS r ON r.id = a.run
		WHERE a.class = $1 AND a."user" > $2 AND a."user" <= $3 AND a.since < $4 AND (a.until = 0 OR a.until >= $5)
		ORDER BY a."user", a.since`, class, after, last, int64(span.To), int64(span.From))
}

// ForgetSessions implements [storage.Tx]. Rows that another process is forgetting are left to it.
func (t *tx) ForgetSessions(ctx context.Context, before events.Time, limit int) (n int, err error) {
	t.addInserts()
	t.queue.Queue(`DELETE FROM attendance WHERE (class, "user", since) IN
		(SELECT class, "user", since FROM attendance WHERE since < $1 ORDER BY since LIMIT $2 FOR UPDATE SKIP LOCKED)`,
		int64(before), limit).Exec(func(done pgconn.CommandTag) error {
		n = int(done.RowsAffected())
		return nil
	})
	err = t.flush(ctx)
	return n, err
}
