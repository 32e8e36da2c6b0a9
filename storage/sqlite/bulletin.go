package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"homeroom/storage"
)

const (
	bulletinColumns = `id, kind, class, seq, notification_id, author, title, text, requires_acknowledgement, pinned, due_at, reminders,
		publish_at, published_at, version, created_at, updated_at`
	selectBulletin = `SELECT ` + bulletinColumns + ` FROM bulletins WHERE id = ?`

	// Of a row of bulletins: the members but for its author, and those of them who have acknowledged it.
	countMembers      = `(SELECT count(*) FROM members WHERE members.class = bulletins.class AND members.user <> bulletins.author)`
	countAcknowledged = `(SELECT count(*) FROM acknowledgements AS a JOIN members ON members.class = a.class AND members.user = a.user
		WHERE a.class = bulletins.class AND a.bulletin = bulletins.id AND a.user <> bulletins.author)`
	hasAcknowledged = `EXISTS (SELECT 1 FROM acknowledgements AS a WHERE a.class = bulletins.class AND a.bulletin = bulletins.id AND a.user = ?1)`
	tallyColumns    = hasAcknowledged + `, ` + countAcknowledged + `, ` + countMembers
)

func scanBulletin(r row) (m storage.Bulletin, err error) {
	view, err := scanBulletinView(append(r, int64(0), int64(0), int64(0)))
	return view.Bulletin, err
}

// scanBulletinView reads a bulletin and its tally.
func scanBulletinView(r row) (m storage.BulletinView, err error) {
	var seq, requires, pinned, acknowledged int64
	var reminders []byte
	if err := r.scan(&m.ID, (*string)(&m.Kind), &m.Class, &seq, &m.NotificationID, &m.Author, &m.Title, &m.Text, &requires, &pinned,
		(*int64)(&m.DueAt), &reminders, (*int64)(&m.PublishAt), (*int64)(&m.PublishedAt), &m.Version,
		(*int64)(&m.CreatedAt), (*int64)(&m.UpdatedAt), &acknowledged, &m.AcknowledgedCount, &m.MemberCount); err != nil {
		return m, err
	}
	m.RequiresAcknowledgement, m.Acknowledged = requires != 0, acknowledged != 0
	if seq != 0 {
		m.Seq = &seq
	}
	if m.Kind == storage.Announcement {
		is := pinned != 0
		m.Pinned = &is
		return m, nil
	}
	if err := json.Unmarshal(reminders, &m.Reminders); err != nil {
		return m, fmt.Errorf("decode reminders: %w", err)
	}
	return m, nil
}

// PutBulletin implements [storage.Tx].
func (t *tx) PutBulletin(_ context.Context, m *storage.Bulletin) error {
	reminders, err := json.Marshal(append([]int64{}, m.Reminders...))
	if err != nil {
		return fmt.Errorf("encode reminders: %w", err)
	}
	var seq int64
	if m.Seq != nil {
		seq = *m.Seq
	}
	return t.exec(`INSERT INTO bulletins (`+bulletinColumns+`, listed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, notification_id = excluded.notification_id, title = excluded.title,
		text = excluded.text, requires_acknowledgement = excluded.requires_acknowledgement, pinned = excluded.pinned,
		due_at = excluded.due_at, reminders = excluded.reminders, publish_at = excluded.publish_at,
		published_at = excluded.published_at, version = excluded.version, updated_at = excluded.updated_at, listed_at = excluded.listed_at`,
		m.ID, string(m.Kind), m.Class, seq, m.NotificationID, m.Author, m.Title, m.Text, integer(m.RequiresAcknowledgement),
		integer(m.Pinned != nil && *m.Pinned), int64(m.DueAt), string(reminders), int64(m.PublishAt), int64(m.PublishedAt),
		m.Version, int64(m.CreatedAt), int64(m.UpdatedAt), int64(m.ListedAt()))
}

// integer is how a truth is stored.
func integer(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// DeleteBulletin implements [storage.Tx].
func (t *tx) DeleteBulletin(_ context.Context, class, id string) error {
	if err := t.exec(`DELETE FROM acknowledgements WHERE class = ? AND bulletin = ?`, class, id); err != nil {
		return err
	}
	if err := t.exec(`DELETE FROM reminders WHERE assignment = ?`, id); err != nil {
		return err
	}
	return t.exec(`DELETE FROM bulletins WHERE id = ?`, id)
}

// Bulletin implements [storage.Reader].
func (s snapshot) Bulletin(_ context.Context, id string) (*storage.Bulletin, error) {
	return one(s.conn, scanBulletin, selectBulletin, id)
}

// Bulletins implements [storage.Reader].
func (s snapshot) Bulletins(_ context.Context, q storage.BulletinQuery) ([]storage.BulletinView, error) {
	where := ``
	if !q.Scheduled {
		where += ` AND published_at > 0`
	}
	if q.Pinned != nil {
		where += fmt.Sprintf(` AND pinned = %d`, integer(*q.Pinned))
	}
	return list(s.conn, scanBulletinView, `SELECT `+bulletinColumns+`, `+tallyColumns+` FROM bulletins
		WHERE class = ?2 AND kind = ?3 AND (listed_at, id) < (?4, ?5)`+where+` ORDER BY listed_at DESC, id DESC LIMIT ?6`,
		q.User, q.Class, string(q.Kind), int64(q.Before), q.BeforeID, int64(q.Limit))
}
