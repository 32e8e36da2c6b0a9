package sqlite

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

// PutSessions implements [storage.Tx].
func (t *tx) PutSessions(_ context.Context, run string, sessions []events.Session) error {
	for _, s := range sessions {
		if err := t.exec(`INSERT INTO attendance (class, user, since, until, run) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (class, user, since) DO UPDATE SET until = max(until, excluded.until)`,
			s.Class, s.User, int64(s.Since), int64(s.Until), run); err != nil {
			return err
		}
	}
	return nil
}

// Sessions implements [storage.Reader].
func (s snapshot) Sessions(_ context.Context, class, after, last string, span storage.Span) ([]storage.Session, error) {
	return list(s.conn, func(r row) (found storage.Session, err error) {
		err = r.scan(&found.User, (*int64)(&found.Since), (*int64)(&found.Until), &found.Run, (*int64)(&found.Alive))
		return found, err
	}, `SELECT a.user, a.since, a.until, a.run, coalesce(r.alive_at, 0)
		FROM attendance AS a LEFT JOIN runs AS r ON r.id = a.run
		WHERE a.class = ? AND a.user > ? AND a.user <= ? AND a.since < ? AND (a.until = 0 OR a.until >= ?)
		ORDER BY a.user, a.since`, class, after, last, int64(span.To), int64(span.From))
}

// ForgetSessions implements [storage.Tx].
func (t *tx) ForgetSessions(_ context.Context, before events.Time, limit int) (int, error) {
	gone, err := list(t.conn, scanText, `DELETE FROM attendance WHERE (class, user, since) IN
		(SELECT class, user, since FROM attendance WHERE since < ? ORDER BY since LIMIT ?) RETURNING ''`, int64(before), int64(limit))
	return len(gone), err
}
