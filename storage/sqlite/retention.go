package sqlite

import (
	"context"

	"homeroom/events"
)

// Overdue implements [storage.Reader].
func (s snapshot) Overdue(_ context.Context, before events.Time, count int64, limit int) (map[events.Channel]events.Extent, error) {
	return queryExtents(s.conn, `SELECT c.id, c.head, c.trimmed
		FROM channels AS c JOIN events AS e ON e.channel = c.id AND e.seq = c.trimmed + 1
		WHERE c.head - c.trimmed > ? OR e.at < ? LIMIT ?`, count, int64(before), int64(limit))
}

// Trim implements [storage.Tx].
func (t *tx) Trim(_ context.Context, channel events.Channel, to int64) error {
	if err := t.exec(`DELETE FROM events WHERE channel = ? AND seq <= ?`, string(channel), to); err != nil {
		return err
	}
	return t.exec(`UPDATE channels SET trimmed = ? WHERE id = ?`, to, string(channel))
}

// Doomed implements [storage.Reader].
func (s snapshot) Doomed(_ context.Context, before events.Time) (string, error) {
	class, err := one(s.conn, scanText, `SELECT id FROM classes WHERE deleted_at > 0 AND deleted_at < ? LIMIT 1`, int64(before))
	if err != nil || class == nil {
		return "", err
	}
	return *class, nil
}

// purges are what a class has, the class itself last. Each takes the class and a limit.
var purges = [...]string{
	// Of the messages that the next one deletes: so none are looked at twice, and none go before their former texts.
	`DELETE FROM former_texts WHERE rowid IN (SELECT f.rowid FROM
		(SELECT id FROM messages WHERE class = ?1 ORDER BY seq LIMIT ?2) AS m JOIN former_texts AS f ON f.message = m.id LIMIT ?2) RETURNING ''`,
	`DELETE FROM messages WHERE class = ?1 AND seq IN (SELECT seq FROM messages WHERE class = ?1 ORDER BY seq LIMIT ?2) RETURNING ''`,
	`DELETE FROM events WHERE channel = 'class/' || ?1 AND seq IN
		(SELECT seq FROM events WHERE channel = 'class/' || ?1 LIMIT ?2) RETURNING ''`,
	`DELETE FROM receipts WHERE class = ?1 AND user IN (SELECT user FROM receipts WHERE class = ?1 LIMIT ?2) RETURNING ''`,
	`DELETE FROM positions WHERE class = ?1 AND user IN (SELECT user FROM positions WHERE class = ?1 LIMIT ?2) RETURNING ''`,
	`DELETE FROM notifications WHERE audience = 'class/' || ?1 AND id IN (SELECT id FROM notifications WHERE audience = 'class/' || ?1 LIMIT ?2) RETURNING ''`,
	`DELETE FROM jobs WHERE class = ?1 AND (subject, kind, offset_seconds) IN
		(SELECT subject, kind, offset_seconds FROM jobs WHERE class = ?1 LIMIT ?2) RETURNING ''`,
	`DELETE FROM reminders WHERE class = ?1 AND id IN (SELECT id FROM reminders WHERE class = ?1 LIMIT ?2) RETURNING ''`,
	`DELETE FROM acknowledgements WHERE class = ?1 AND (bulletin, user) IN
		(SELECT bulletin, user FROM acknowledgements WHERE class = ?1 LIMIT ?2) RETURNING ''`,
	`DELETE FROM bulletins WHERE id IN (SELECT id FROM bulletins WHERE class = ?1 LIMIT ?2) RETURNING ''`,
	`DELETE FROM attendance WHERE class = ?1 AND (user, since) IN (SELECT user, since FROM attendance WHERE class = ?1 LIMIT ?2) RETURNING ''`,
	`DELETE FROM held_messages WHERE class = ?1 AND id IN (SELECT id FROM held_messages WHERE class = ?1 LIMIT ?2) RETURNING ''`,
	`DELETE FROM join_codes WHERE class = ?1 AND ?2 > 0 RETURNING ''`,
	`DELETE FROM mutes WHERE class = ?1 AND user IN (SELECT user FROM mutes WHERE class = ?1 LIMIT ?2) RETURNING ''`,
	`DELETE FROM members WHERE class = ?1 AND user IN (SELECT user FROM members WHERE class = ?1 LIMIT ?2) RETURNING ''`,
	`DELETE FROM channels WHERE id = 'class/' || ?1 AND ?2 > 0 RETURNING ''`,
	`DELETE FROM classes WHERE id = ?1 AND ?2 > 0 RETURNING ''`,
}

// Purge implements [storage.Tx].
func (t *tx) Purge(_ context.Context, class string, limit int) (int, error) {
	return t.inSteps(purges[:], class, limit)
}

// inSteps carries out statements, each of which takes an id and a limit and returns a row for each that it changed, as
// far as their common limit goes. It returns how many rows were changed.
func (t *tx) inSteps(steps []string, id string, limit int) (int, error) {
	total := 0
	for _, step := range steps {
		gone, err := list(t.conn, scanText, step, id, int64(limit-total))
		if err != nil {
			return total, err
		}
		if total += len(gone); total >= limit {
			break
		}
	}
	return total, nil
}
