package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"homeroom/storage"
)

const (
	receiptColumns = `receipts.class, receipts."user", receipts.delivered, receipts.read, receipts.updated_at`

	// unread counts the messages of others after a position that are not deleted: of which class, user and position
	// is to be filled in by the query around it, as a row seen, and how far it counts as the parameter $1.
	unread = `(SELECT count(*) FROM (SELECT 1 FROM messages WHERE messages.class = seen.class AND messages.seq > seen.read
		AND messages.author <> seen."user" AND messages.deleted_at = 0 ORDER BY messages.seq LIMIT $1::bigint) AS counted)`

	selectSeen = `SELECT seen.read, ` + unread + ` FROM (SELECT $2::text AS class, $3::text AS "user",
		coalesce((SELECT read FROM receipts WHERE class = $2 AND "user" = $3), 0) AS read) AS seen`
)

func scanReceipt(r row) (receipt storage.Receipt, err error) {
	err = r.Scan(&receipt.Class, &receipt.User, &receipt.Delivered, &receipt.Read, (*int64)(&receipt.UpdatedAt))
	return receipt, err
}

func scanSeen(r row) (s storage.Seen, err error) {
	err = r.Scan(&s.Read, &s.Unread)
	return s, err
}

// PutReceipt implements [storage.Tx].
func (t *tx) PutReceipt(_ context.Context, r *storage.Receipt) error {
	t.queue.Queue(`INSERT INTO receipts (class, "user", delivered, read, updated_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (class, "user") DO UPDATE SET delivered = excluded.delivered, read = excluded.read, updated_at = excluded.updated_at`,
		r.Class, r.User, r.Delivered, r.Read, int64(r.UpdatedAt))
	return nil
}

// Seen implements [storage.Tx].
func (t *tx) Seen(ctx context.Context, class, user string) (s storage.Seen, err error) {
	t.addInserts()
	t.queue.Queue(selectSeen, storage.MaxUnread, class, user).QueryRow(func(r pgx.Row) (err error) {
		s, err = scanSeen(r)
		return err
	})
	return s, t.flush(ctx)
}

// Seen implements [storage.Reader].
func (s *snapshot) Seen(ctx context.Context, class, user string) (storage.Seen, error) {
	found, err := one(ctx, s, scanSeen, selectSeen, storage.MaxUnread, class, user)
	if err != nil {
		return storage.Seen{}, err
	}
	return *found, nil
}

// Receipts implements [storage.Reader].
func (s *snapshot) Receipts(ctx context.Context, class, after string, limit int) ([]storage.Receipt, error) {
	return list(ctx, s, scanReceipt, `SELECT members.class, members."user", coalesce(delivered, 0), coalesce(read, 0), coalesce(receipts.updated_at, 0)
		FROM members LEFT JOIN receipts ON receipts.class = members.class AND receipts."user" = members."user"
		WHERE members.class = $1 AND members."user" > $2 ORDER BY members."user" LIMIT $3`, class, after, limit)
}

// MessageReceipts implements [storage.Reader]. Its queries are one round trip.
func (s *snapshot) MessageReceipts(ctx context.Context, m *storage.Message) (receipts storage.MessageReceipts, err error) {
	const others = ` FROM members LEFT JOIN receipts ON receipts.class = members.class AND receipts."user" = members."user"
		WHERE members.class = $1 AND members."user" <> $2`
	err = s.ask(ctx, func(b *pgx.Batch) {
		receipts = storage.MessageReceipts{Message: m.ID, Seq: m.Seq}
		receipts.Delivered.Users, receipts.Read.Users = []string{}, []string{}
		b.Queue(`SELECT count(*), count(*) FILTER (WHERE delivered >= $3), count(*) FILTER (WHERE read >= $3)`+others, m.Class, m.Author, m.Seq).
			QueryRow(func(r pgx.Row) error {
				return r.Scan(&receipts.Members, &receipts.Delivered.Count, &receipts.Read.Count)
			})
		for _, reach := range [...]struct {
			of     *storage.Reach
			column string
		}{{&receipts.Delivered, "delivered"}, {&receipts.Read, "read"}} {
			collect(b, &reach.of.Users, scanText, `SELECT members."user"`+others+` AND `+reach.column+` >= $3 ORDER BY members."user" LIMIT $4`,
				m.Class, m.Author, m.Seq, storage.MaxReceiptUsers)
		}
	})
	return receipts, err
}
