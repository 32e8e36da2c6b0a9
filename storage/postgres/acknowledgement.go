package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"homeroom/storage"
)

const (
	acknowledgementColumns = `class, bulletin, "user", acknowledged_at`
	selectTally            = `SELECT ` + tallyColumns + ` FROM bulletins WHERE id = $2`
)

func scanAcknowledgement(r row) (a storage.Acknowledgement, err error) {
	err = r.Scan(&a.Class, &a.Bulletin, &a.User, (*int64)(&a.AcknowledgedAt))
	return a, err
}

func scanTally(r row) (tally storage.Tally, err error) {
	err = r.Scan(&tally.Acknowledged, &tally.AcknowledgedCount, &tally.MemberCount)
	return tally, err
}

func (f *fetch) queueAcknowledgements(b *pgx.Batch, acks []storage.AcknowledgementKey) {
	n := len(acks)
	if n == 0 {
		return
	}
	classes, bulletins, users := make([]string, n), make([]string, n), make([]string, n)
	for i, a := range acks {
		classes[i], bulletins[i], users[i] = a.Class, a.Bulletin, a.User
	}
	collect(b, &f.acknowledgements, scanAcknowledgement, `SELECT `+acknowledgementColumns+` FROM unnest($1::text[], $2::text[], $3::text[])
		AS k (class, bulletin, "user") JOIN acknowledgements USING (class, bulletin, "user")`, classes, bulletins, users)
}

// InsertAcknowledgement implements [storage.Tx].
func (t *tx) InsertAcknowledgement(_ context.Context, a *storage.Acknowledgement) error {
	t.add(`INSERT INTO acknowledgements (`+acknowledgementColumns+`) VALUES ($1, $2, $3, $4)`,
		a.Class, a.Bulletin, a.User, int64(a.AcknowledgedAt))
	return nil
}

// Tally implements [storage.Tx].
func (t *tx) Tally(ctx context.Context, m *storage.Bulletin, user string) (tally storage.Tally, err error) {
	t.addInserts()
	t.queue.Queue(selectTally, user, m.ID).QueryRow(func(r pgx.Row) (err error) {
		tally, err = scanTally(r)
		return err
	})
	return tally, t.flush(ctx)
}

// Tally implements [storage.Reader].
func (s *snapshot) Tally(ctx context.Context, m *storage.Bulletin, user string) (storage.Tally, error) {
	found, err := one(ctx, s, scanTally, selectTally, user, m.ID)
	if err != nil || found == nil {
		return storage.Tally{}, err
	}
	return *found, nil
}

// Acknowledgements implements [storage.Reader].
func (s *snapshot) Acknowledgements(ctx context.Context, m *storage.Bulletin, state storage.AcknowledgementState, after string, limit int) ([]storage.MemberAcknowledgement, error) {
	where := map[storage.AcknowledgementState]string{
		storage.Acknowledged: ` AND a."user" IS NOT NULL`,
		storage.Missing:      ` AND a."user" IS NULL`,
	}[state]
	return list(ctx, s, func(r row) (a storage.MemberAcknowledgement, err error) {
		err = r.Scan(&a.User, &a.Name, (*string)(&a.Role), (*int64)(&a.AcknowledgedAt))
		return a, err
	}, `SELECT members."user", members.name, members.role, coalesce(a.acknowledged_at, 0) FROM members
		LEFT JOIN acknowledgements AS a ON a.class = members.class AND a.bulletin = $1 AND a."user" = members."user"
		WHERE members.class = $2 AND members."user" <> $3 AND members."user" > $4`+where+` ORDER BY members."user" LIMIT $5`,
		m.ID, m.Class, m.Author, after, limit)
}
