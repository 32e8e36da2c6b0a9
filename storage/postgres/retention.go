package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"

	"homeroom/events"
)

// Overdue implements [storage.Reader].
func (s *snapshot) Overdue(ctx context.Context, before events.Time, count int64, limit int) (map[events.Channel]events.Extent, error) {
	found, err := list(ctx, s, scanExtent, `SELECT c.id, c.head, c.trimmed
		FROM channels AS c JOIN events AS e ON e.channel = c.id AND e.seq = c.trimmed + 1
		WHERE c.head - c.trimmed > $1 OR e.at < $2 LIMIT $3`, count, int64(before), limit)
	return extents(found), err
}

// Trim implements [storage.Tx].
func (t *tx) Trim(_ context.Context, channel events.Channel, to int64) error {
	t.add(`DELETE FROM events WHERE channel = $1 AND seq <= $2`, string(channel), to)
	t.add(`UPDATE channels SET trimmed = $1 WHERE id = $2`, to, string(channel))
	return nil
}

// Doomed implements [storage.Reader].
func (s *snapshot) Doomed(ctx context.Context, before events.Time) (string, error) {
	class, err := one(ctx, s, scanText, `SELECT id FROM classes WHERE deleted_at > 0 AND deleted_at < $1 LIMIT 1`, int64(before))
	if err != nil || class == nil {
		return "", err
	}
	return *class, nil
}

// purges are what a class has, the class itself last. Each takes the class and a limit.
var purges = [...]string{
	// Of the messages that the next one deletes: so none are looked at twice, and none go before their former texts.
	`DELETE FROM former_texts WHERE (message, version) IN (SELECT f.message, f.version FROM
		(SELECT id FROM messages WHERE class = $1 ORDER BY seq LIMIT $2) AS m JOIN former_texts AS f ON f.message = m.id LIMIT $2)`,
	`DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE class = $1 ORDER BY seq LIMIT $2)`,
	`DELETE FROM events WHERE channel = 'class/' || $1 AND seq IN
		(SELECT seq FROM events WHERE channel = 'class/' || $1 LIMIT $2)`,
	`DELETE FROM receipts WHERE class = $1 AND "user" IN (SELECT "user" FROM receipts WHERE class = $1 LIMIT $2)`,
	`DELETE FROM positions WHERE class = $1 AND "user" IN (SELECT "user" FROM positions WHERE class = $1 LIMIT $2)`,
	`DELETE FROM notifications WHERE audience = 'class/' || $1 AND id IN (SELECT id FROM notifications WHERE audience = 'class/' || $1 LIMIT $2)`,
	`DELETE FROM jobs WHERE class = $1 AND (subject, kind, offset_seconds) IN
		(SELECT subject, kind, offset_seconds FROM jobs WHERE class = $1 LIMIT $2)`,
	`DELETE FROM reminders WHERE class = $1 AND id IN (SELECT id FROM reminders WHERE class = $1 LIMIT $2)`,
	`DELETE FROM acknowledgements WHERE class = $1 AND (bulletin, "user") IN
		(SELECT bulletin, "user" FROM acknowledgements WHERE class = $1 LIMIT $2)`,
	`DELETE FROM bulletins WHERE id IN (SELECT id FROM bulletins WHERE class = $1 LIMIT $2)`,
	`DELETE FROM attendance WHERE class = $1 AND ("user", since) IN (SELECT "user", since FROM attendance WHERE class = $1 LIMIT $2)`,
	`DELETE FROM held_messages WHERE id IN (SELECT id FROM held_messages WHERE class = $1 LIMIT $2)`,
	`DELETE FROM join_codes WHERE class = $1 AND $2 > 0`,
	`DELETE FROM mutes WHERE class = $1 AND "user" IN (SELECT "user" FROM mutes WHERE class = $1 LIMIT $2)`,
	`DELETE FROM members WHERE class = $1 AND "user" IN (SELECT "user" FROM members WHERE class = $1 LIMIT $2)`,
	`DELETE FROM channels WHERE id = 'class/' || $1 AND $2 > 0`,
	`DELETE FROM classes WHERE id = $1 AND $2 > 0`,
}

// Purge implements [storage.Tx].
func (t *tx) Purge(ctx context.Context, class string, limit int) (int, error) {
	return t.inSteps(ctx, purges[:], class, limit)
}

// inSteps carries out statements, each of which takes an id and a limit, as far as their common limit goes. It returns
// how many rows were changed.
func (t *tx) inSteps(ctx context.Context, steps []string, id string, limit int) (int, error) {
	total := 0
	t.addInserts()
	for _, step := range steps {
		t.queue.Queue(step, id, limit-total).Exec(func(done pgconn.CommandTag) error {
			total += int(done.RowsAffected())
			return nil
		})
		if err := t.flush(ctx); err != nil {
			return total, err
		}
		if total >= limit {
			break
		}
	}
	return total, nil
}
