package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"homeroom/storage"
)

const (
	bulletinColumns = `id, kind, class, seq, notification_id, author, title, text, requires_acknowledgement, pinned, due_at, reminders,
		publish_at, published_at, version, created_at, updated_at`

	// Of a row of bulletins: the members but for its author, and those of them who have acknowledged it.
	countMembers      = `(SELECT count(*) FROM members WHERE members.class = bulletins.class AND members."user" <> bulletins.author)`
	countAcknowledged = `(SELECT count(*) FROM acknowledgements AS a JOIN members ON members.class = a.class AND members."user" = a."user"
		WHERE a.class = bulletins.class AND a.bulletin = bulletins.id AND a."user" <> bulletins.author)`
	hasAcknowledged = `EXISTS (SELECT 1 FROM acknowledgements AS a WHERE a.class = bulletins.class AND a.bulletin = bulletins.id AND a."user" = $1)`
	tallyColumns    = hasAcknowledged + `, ` + countAcknowledged + `, ` + countMembers
)

func scanBulletin(r row) (storage.Bulletin, error) {
	return scanBulletinAnd(r)
}

func scanBulletinView(r row) (view storage.BulletinView, err error) {
	view.Bulletin, err = scanBulletinAnd(r, &view.Acknowledged, &view.AcknowledgedCount, &view.MemberCount)
	return view, err
}

// scanBulletinAnd reads a bulletin and what follows it.
func scanBulletinAnd(r row, more ...any) (m storage.Bulletin, err error) {
	var seq int64
	var pinned bool
	if err := r.Scan(append([]any{&m.ID, (*string)(&m.Kind), &m.Class, &seq, &m.NotificationID, &m.Author, &m.Title, &m.Text,
		&m.RequiresAcknowledgement, &pinned, (*int64)(&m.DueAt), &m.Reminders, (*int64)(&m.PublishAt), (*int64)(&m.PublishedAt),
		&m.Version, (*int64)(&m.CreatedAt), (*int64)(&m.UpdatedAt)}, more...)...); err != nil {
		return m, err
	}
	if seq != 0 {
		m.Seq = &seq
	}
	if m.Kind == storage.Announcement {
		m.Pinned, m.Reminders = &pinned, nil
	}
	return m, nil
}

// queueBulletins queues the reading of bulletins, acknowledgements and jobs. It comes after the channels are locked:
// of two processes that are about to do a job the second sees that the first has done it.
func (f *fetch) queueBulletins(b *pgx.Batch, needs storage.Needs) {
	if len(needs.Bulletins) > 0 {
		collect(b, &f.bulletins, scanBulletin, `SELECT `+bulletinColumns+` FROM bulletins WHERE id = ANY($1::text[])`, needs.Bulletins)
	}
	f.queueAcknowledgements(b, needs.Acknowledgements)
	f.queueJobs(b, needs.Jobs)
}

// addBulletins adds what queueBulletins has read.
func (f *fetch) addBulletins(rows *storage.Rows) {
	for i := range f.bulletins {
		rows.Bulletins[f.bulletins[i].ID] = &f.bulletins[i]
	}
	for i := range f.acknowledgements {
		a := &f.acknowledgements[i]
		rows.Acknowledgements[storage.AcknowledgementKey{Class: a.Class, Bulletin: a.Bulletin, User: a.User}] = a
	}
	for i := range f.jobs {
		rows.Jobs[f.jobs[i].JobKey] = &f.jobs[i]
	}
}

// PutBulletin implements [storage.Tx].
func (t *tx) PutBulletin(_ context.Context, m *storage.Bulletin) error {
	var seq int64
	if m.Seq != nil {
		seq = *m.Seq
	}
	t.add(`INSERT INTO bulletins (`+bulletinColumns+`, listed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, notification_id = excluded.notification_id, title = excluded.title,
		text = excluded.text, requires_acknowledgement = excluded.requires_acknowledgement, pinned = excluded.pinned,
		due_at = excluded.due_at, reminders = excluded.reminders, publish_at = excluded.publish_at,
		published_at = excluded.published_at, version = excluded.version, updated_at = excluded.updated_at, listed_at = excluded.listed_at`,
		m.ID, string(m.Kind), m.Class, seq, m.NotificationID, m.Author, m.Title, m.Text, m.RequiresAcknowledgement,
		m.Pinned != nil && *m.Pinned, int64(m.DueAt), append([]int64{}, m.Reminders...), int64(m.PublishAt), int64(m.PublishedAt),
		m.Version, int64(m.CreatedAt), int64(m.UpdatedAt), int64(m.ListedAt()))
	return nil
}

// DeleteBulletin implements [storage.Tx].
func (t *tx) DeleteBulletin(_ context.Context, class, id string) error {
	t.add(`DELETE FROM acknowledgements WHERE class = $1 AND bulletin = $2`, class, id)
	t.add(`DELETE FROM reminders WHERE assignment = $1`, id)
	t.add(`DELETE FROM bulletins WHERE id = $1`, id)
	return nil
}

// Bulletin implements [storage.Reader].
func (s *snapshot) Bulletin(ctx context.Context, id string) (*storage.Bulletin, error) {
	return one(ctx, s, scanBulletin, `SELECT `+bulletinColumns+` FROM bulletins WHERE id = $1`, id)
}

// Bulletins implements [storage.Reader].
func (s *snapshot) Bulletins(ctx context.Context, q storage.BulletinQuery) ([]storage.BulletinView, error) {
	return list(ctx, s, scanBulletinView, `SELECT `+bulletinColumns+`, `+tallyColumns+` FROM bulletins
		WHERE class = $2 AND kind = $3 AND (listed_at, id) < ($4, $5) AND ($6 OR published_at > 0) AND ($7::boolean IS NULL OR pinned = $7)
		ORDER BY listed_at DESC, id DESC LIMIT $8`,
		q.User, q.Class, string(q.Kind), int64(q.Before), q.BeforeID, q.Scheduled, q.Pinned, q.Limit)
}
