package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"homeroom/events"
	"homeroom/storage"
)

const (
	notificationColumns = `n.id, n.kind, n.class, n.seq, n.at, n.actor, n.subject, n.title, n.text, n.role`

	// The queries below take the user as ?1 and the present as ?2.

	// mine are the audiences that a user belongs to, and since when.
	mine = `WITH mine (audience, class, since) AS (
			SELECT 'user/' || ?1, '', 0 UNION ALL SELECT 'system', '', 0 UNION ALL
			SELECT 'class/' || members.class, members.class, members.joined_at FROM members JOIN classes ON classes.id = members.class
			WHERE members.user = ?1 AND classes.deleted_at = 0),
		mark (upto) AS (SELECT coalesce((SELECT upto FROM read_marks WHERE user = ?1), ''))`

	// visible holds of a notification n of an audience of mine that is still to be seen: what was said in a class is not
	// for those who have left it.
	visible = `n.at >= mine.since AND (n.expires_at = 0 OR n.expires_at > ?2)
		AND (mine.class <> '' OR n.class = '' OR n.kind LIKE 'member.%' OR EXISTS (SELECT 1 FROM mine AS m WHERE m.class = n.class))`

	// seen holds of one that the user has read or caused.
	seen = `(n.id <= (SELECT upto FROM mark) OR n.actor = ?1
		OR EXISTS (SELECT 1 FROM read_notifications AS r WHERE r.user = ?1 AND r.id = n.id))`

	// muted holds of what was told to all of a class that the user has muted.
	muted = `(mine.class <> '' AND mine.class IN
		(SELECT m.value FROM preferences AS p, json_each(p.data, '$.muted_classes') AS m WHERE p.user = ?1))`
)

func scanListed(r row) (n events.Listed, err error) {
	var read int64
	err = r.scan(&n.ID, (*string)(&n.Kind), &n.Class, &n.Seq, (*int64)(&n.At), &n.Actor, &n.Subject, &n.Title, &n.Text, &n.Role, &read)
	n.Read = read != 0
	return n, err
}

// InsertNotification implements [storage.Tx].
func (t *tx) InsertNotification(_ context.Context, audience events.Channel, n *events.Notification, expires events.Time) error {
	return t.exec(`INSERT INTO notifications (audience, id, kind, class, seq, at, actor, subject, title, text, role, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(audience), n.ID, string(n.Kind), n.Class, n.Seq, int64(n.At), n.Actor,
		n.Subject, n.Title, n.Text, n.Role, int64(expires))
}

// RewordNotifications implements [storage.Tx].
func (t *tx) RewordNotifications(_ context.Context, subject, title, text string) error {
	return t.exec(`UPDATE notifications SET title = ?, text = ? WHERE subject = ? AND subject <> ''`, title, text, subject)
}

// DropNotifications implements [storage.Tx].
func (t *tx) DropNotifications(_ context.Context, subject string) error {
	return t.exec(`DELETE FROM notifications WHERE subject = ? AND subject <> ''`, subject)
}

// ForgetNotifications implements [storage.Tx].
func (t *tx) ForgetNotifications(_ context.Context, before events.Time, limit int) (int, error) {
	gone, err := list(t.conn, scanText, `DELETE FROM notifications WHERE (audience, id) IN
		(SELECT audience, id FROM notifications WHERE at < ? ORDER BY at LIMIT ?) RETURNING ''`, int64(before), int64(limit))
	return len(gone), err
}

// MarkRead implements [storage.Tx].
func (t *tx) MarkRead(_ context.Context, user, upTo string, ids []string, most int) error {
	for _, id := range ids {
		if err := t.exec(`INSERT INTO read_notifications (user, id) VALUES (?, ?) ON CONFLICT DO NOTHING`, user, id); err != nil {
			return err
		}
	}
	beyond, err := one(t.conn, scanText, `SELECT id FROM read_notifications WHERE user = ? ORDER BY id DESC LIMIT 1 OFFSET ?`, user, int64(most))
	if err != nil {
		return err
	}
	if beyond != nil {
		upTo = max(upTo, *beyond)
	}
	if upTo == "" {
		return nil
	}
	if err := t.exec(`INSERT INTO read_marks (user, upto) VALUES (?, ?) ON CONFLICT (user) DO UPDATE SET upto = max(upto, excluded.upto)`, user, upTo); err != nil {
		return err
	}
	return t.exec(`DELETE FROM read_notifications WHERE user = ?1 AND id <= (SELECT upto FROM read_marks WHERE user = ?1)`, user)
}

// ForgetRead implements [storage.Tx].
func (t *tx) ForgetRead(_ context.Context, before string, limit int) (int, error) {
	gone, err := list(t.conn, scanText, `DELETE FROM read_notifications WHERE (user, id) IN
		(SELECT user, id FROM read_notifications WHERE id < ? ORDER BY id LIMIT ?) RETURNING ''`, before, int64(limit))
	return len(gone), err
}

// MembersAmong implements [storage.Reader].
func (s snapshot) MembersAmong(_ context.Context, class string, users []string) ([]string, error) {
	keys, err := json.Marshal(users)
	if err != nil {
		return nil, fmt.Errorf("encode users: %w", err)
	}
	return list(s.conn, scanText, `SELECT user FROM members WHERE class = ? AND user IN (SELECT value FROM json_each(?))`, class, string(keys))
}

// Notifications implements [storage.Reader]. Of each audience only as many as are wanted are looked at.
func (s snapshot) Notifications(_ context.Context, user string, filter storage.NotificationFilter, now events.Time, before string, limit int) ([]events.Listed, error) {
	where := visible + ` AND n.id < ?4 AND (?5 = '' OR n.class = ?5) AND (?6 = '' OR n.kind = ?6)`
	if filter.Unread {
		where += ` AND n.id > (SELECT upto FROM mark) AND NOT ` + seen + ` AND NOT ` + muted
	}
	return list(s.conn, scanListed, mine+` SELECT `+notificationColumns+`, `+seen+` FROM mine
		JOIN notifications AS n ON n.audience = mine.audience AND n.id IN
			(SELECT n.id FROM notifications AS n WHERE n.audience = mine.audience AND `+where+` ORDER BY n.id DESC LIMIT ?3)
		ORDER BY n.id DESC LIMIT ?3`, user, int64(now), int64(limit), before, filter.Class, string(filter.Kind))
}

// Unread implements [storage.Reader].
func (s snapshot) Unread(_ context.Context, user string, now events.Time) (int64, error) {
	var n int64
	err := s.query(func(r row) error { return r.scan(&n) }, mine+` SELECT count(*) FROM (SELECT 1 FROM mine
		JOIN notifications AS n ON n.audience = mine.audience AND n.id > (SELECT upto FROM mark)
		WHERE `+visible+` AND NOT `+seen+` AND NOT `+muted+` LIMIT ?3)`, user, int64(now), int64(storage.MaxUnread))
	return n, err
}
