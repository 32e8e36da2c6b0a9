package postgres

import (
	"context"

	"homeroom/events"
)

// LastPost implements [storage.Tx]. It reads backwards, and no further than the moment: seqs and times grow together.
func (t *tx) LastPost(ctx context.Context, class, author string, after events.Time) (events.Time, error) {
	var found []events.Time
	t.addInserts()
	collect(t.queue, &found, scanTime, `SELECT created_at FROM messages WHERE class = $1 AND author = $2 AND seq > coalesce(
			(SELECT seq FROM messages WHERE class = $1 AND created_at <= $3 ORDER BY seq DESC LIMIT 1), 0)
		ORDER BY seq DESC LIMIT 1`, class, author, int64(after))
	if err := t.flush(ctx); err != nil || len(found) == 0 {
		return 0, err
	}
	return found[0], nil
}
