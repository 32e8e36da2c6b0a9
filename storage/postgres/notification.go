package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"

	"homeroom/events"
	"homeroom/storage"
)

const (
	notificationColumns = `n.id, n.kind, n.class, n.seq, n.at, n.actor, n.subject, n.title, n.text, n.role`

	// The queries below take the user as $1 and the present as $2.

	// mine are the audiences that a user belongs to, and since when.
	mine = `WITH mine (audience, class, since) AS (
			SELECT 'user/' || $1::text, '', 0::bigint UNION ALL SELECT 'system', '', 0 UNION ALL
			SELECT 'class/' || members.class, members.class, members.joined_at FROM members JOIN classes ON classes.id = members.class
			WHERE members."user" = $1 AND classes.deleted_at = 0),
		mark (upto) AS (SELECT coalesce((SELECT upto FROM read_marks WHERE "user" = $1), ''))`

	// visible holds of a notification n of an audience of mine that is still to be seen: what was said in a class is not
	// for those who have left it.
	visible = `n.at >= mine.since AND (n.expires_at = 0 OR n.expires_at > $2)
		AND (mine.class <> '' OR n.class = '' OR n.kind LIKE 'member.%' OR n.class IN (SELECT class FROM mine))`

	// seen holds of one that the user has read or caused.
	seen = `(n.id <= (SELECT upto FROM mark) OR n.actor = $1
		OR EXISTS (SELECT 1 FROM read_notifications AS r WHERE r."user" = $1 AND r.id = n.id))`

	// muted holds of what was told to all of a class that the user has muted.
	muted = `(mine.class <> '' AND mine.class IN
		(SELECT json_array_elements_text(p.data::json -> 'muted_classes') FROM preferences AS p WHERE p."user" = $1))`
)

func scanListed(r row) (n events.Listed, err error) {
	err = r.Scan(&n.ID, (*string)(&n.Kind), &n.Class, &n.Seq, (*int64)(&n.At), &n.Actor, &n.Subject, &n.Title, &n.Text, &n.Role, &n.Read)
	return n, err
}

// InsertNotification implements [storage.Tx].
func (t *tx) InsertNotification(_ context.Context, audience events.Channel, n *events.Notification, expires events.Time) error {
	t.add(`INSERT INTO notifications (audience, id, kind, class, seq, at, actor, subject, title, text, role, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, string(audience), n.ID, string(n.Kind), n.Class, n.Seq, int64(n.At), n.Actor,
		n.Subject, n.Title, n.Text, n.Role, int64(expires))
	return nil
}

// RewordNotifications implements [storage.Tx].
func (t *tx) RewordNotifications(_ context.Context, subject, title, text string) error {
	t.add(`UPDATE notifications SET title = $1, text = $2 WHERE subject = $3 AND subject <> ''`, title, text, subject)
	return nil
}

// DropNotifications implements [storage.Tx].
func (t *tx) DropNotifications(_ context.Context, subject string) error {
	t.add(`DELETE FROM notifications WHERE subject = $1 AND subject <> ''`, subject)
	return nil
}

// ForgetNotifications implements [storage.Tx]. Rows that another process is forgetting are left to it.
func (t *tx) ForgetNotifications(ctx context.Context, before events.Time, limit int) (int, error) {
	return t.forget(ctx, `DELETE FROM notifications WHERE (audience, id) IN
		(SELECT audience, id FROM notifications WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)`, int64(before), limit)
}

// ForgetRead implements [storage.Tx].
func (t *tx) ForgetRead(ctx context.Context, before string, limit int) (int, error) {
	return t.forget(ctx, `DELETE FROM read_notifications WHERE ("user", id) IN
		(SELECT "user", id FROM read_notifications WHERE id < $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)`, before, limit)
}

// forget carries out a statement that deletes rows, and returns how many.
func (t *tx) forget(ctx context.Context, sql string, args ...any) (n int, err error) {
	t.addInserts()
	t.queue.Queue(sql, args...).Exec(func(done pgconn.CommandTag) error {
		n = int(done.RowsAffected())
		return nil
	})
	err = t.flush(ctx)
	return n, err
}

// MarkRead implements [storage.Tx].
func (t *tx) MarkRead(_ context.Context, user, upTo string, ids []string, most int) error {
	if len(ids) > 0 {
		t.add(`INSERT INTO read_notifications ("user", id) SELECT $1, id FROM unnest($2::text[]) AS k (id) ORDER BY id COLLATE "C"
			ON CONFLICT DO NOTHING`, user, ids)
	}
	t.add(`INSERT INTO read_marks ("user", upto) SELECT $1, coalesce(max(upto), '') FROM (SELECT $2::text COLLATE "C" AS upto UNION ALL
			(SELECT id FROM read_notifications WHERE "user" = $1 ORDER BY id DESC LIMIT 1 OFFSET $3)) AS u
		ON CONFLICT ("user") DO UPDATE SET upto = greatest(read_marks.upto, excluded.upto)`, user, upTo, most)
	t.add(`DELETE FROM read_notifications WHERE "user" = $1 AND id <= (SELECT upto FROM read_marks WHERE "user" = $1)`, user)
	return nil
}

// MembersAmong implements [storage.Reader].
func (s *snapshot) MembersAmong(ctx context.Context, class string, users []string) ([]string, error) {
	return list(ctx, s, scanText, `SELECT "user" FROM members WHERE class = $1 AND "user" = ANY($2::text[])`, class, users)
}

// Notifications implements [storage.Reader]. Of each audience only as many as are wanted are looked at.
func (s *snapshot) Notifications(ctx context.Context, user string, filter storage.NotificationFilter, now events.Time, before string, limit int) ([]events.Listed, error) {
	where := visible + ` AND n.id < $4 AND ($5 = '' OR n.class = $5) AND ($6 = '' OR n.kind = $6)`
	if filter.Unread {
		where += ` AND n.id > (SELECT upto FROM mark) AND NOT ` + seen + ` AND NOT ` + muted
	}
	return list(ctx, s, scanListed, mine+` SELECT `+notificationColumns+`, `+seen+` FROM mine CROSS JOIN LATERAL
			(SELECT n.* FROM notifications AS n WHERE n.audience = mine.audience AND `+where+` ORDER BY n.id DESC LIMIT $3) AS n
		ORDER BY n.id DESC LIMIT $3`, user, int64(now), limit, before, filter.Class, string(filter.Kind))
}

// Unread implements [storage.Reader].
func (s *snapshot) Unread(ctx context.Context, user string, now events.Time) (int64, error) {
	n, err := one(ctx, s, func(r row) (n int64, err error) {
		err = r.Scan(&n)
		return n, err
	}, mine+` SELECT count(*) FROM (SELECT 1 FROM mine
		JOIN notifications AS n ON n.audience = mine.audience AND n.id > (SELECT upto FROM mark)
		WHERE `+visible+` AND NOT `+seen+` AND NOT `+muted+` LIMIT $3) AS counted`, user, int64(now), storage.MaxUnread)
	if err != nil {
		return 0, err
	}
	return *n, nil
}
