package sqlite

import (
	"context"

	"homeroom/storage"
)

const (
	receiptColumns = `class, user, delivered, read, updated_at`
	selectReceipt  = `SELECT ` + receiptColumns + ` FROM receipts WHERE class = ? AND user = ?`

	// unread counts the messages of others after a position that are not deleted: of which class, user and position
	// is to be filled in by the query around it, as a row seen, and how far it counts as the parameter ?1.
	unread = `(SELECT count(*) FROM (SELECT 1 FROM messages WHERE messages.class = seen.class AND messages.seq > seen.read
		AND messages.author <> seen.user AND messages.deleted_at = 0 ORDER BY messages.seq LIMIT ?1))`
)

func scanReceipt(r row) (receipt storage.Receipt, err error) {
	err = r.scan(&receipt.Class, &receipt.User, &receipt.Delivered, &receipt.Read, (*int64)(&receipt.UpdatedAt))
	return receipt, err
}

// PutReceipt implements [storage.Tx].
func (t *tx) PutReceipt(_ context.Context, r *storage.Receipt) error {
	return t.exec(`INSERT INTO receipts (`+receiptColumns+`) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (class, user) DO UPDATE SET delivered = excluded.delivered, read = excluded.read, updated_at = excluded.updated_at`,
		r.Class, r.User, r.Delivered, r.Read, int64(r.UpdatedAt))
}

// Receipts implements [storage.Reader].
func (s snapshot) Receipts(_ context.Context, class, after string, limit int) ([]storage.Receipt, error) {
	return list(s.conn, scanReceipt, `SELECT members.class, members.user, coalesce(delivered, 0), coalesce(read, 0), coalesce(receipts.updated_at, 0)
		FROM members LEFT JOIN receipts ON receipts.class = members.class AND receipts.user = members.user
		WHERE members.class = ? AND members.user > ? ORDER BY members.user LIMIT ?`, class, after, int64(limit))
}

// MessageReceipts implements [storage.Reader].
func (s snapshot) MessageReceipts(_ context.Context, m *storage.Message) (storage.MessageReceipts, error) {
	receipts := storage.MessageReceipts{Message: m.ID, Seq: m.Seq}
	const others = ` FROM members LEFT JOIN receipts ON receipts.class = members.class AND receipts.user = members.user
		WHERE members.class = ? AND members.user <> ?`
	_, err := one(s.conn, func(r row) (none struct{}, err error) {
		return none, r.scan(&receipts.Members, &receipts.Delivered.Count, &receipts.Read.Count)
	}, `SELECT count(*), count(*) FILTER (WHERE delivered >= ?), count(*) FILTER (WHERE read >= ?)`+others, m.Seq, m.Seq, m.Class, m.Author)
	if err != nil {
		return receipts, err
	}
	for _, reach := range [...]struct {
		of     *storage.Reach
		column string
	}{{&receipts.Delivered, "delivered"}, {&receipts.Read, "read"}} {
		users, err := list(s.conn, scanText, `SELECT members.user`+others+` AND `+reach.column+` >= ? ORDER BY members.user LIMIT ?`,
			m.Class, m.Author, m.Seq, int64(storage.MaxReceiptUsers))
		if err != nil {
			return receipts, err
		}
		reach.of.Users = append([]string{}, users...)
	}
	return receipts, nil
}

// Seen implements [storage.Reader] and, for the transaction that conn is in, [storage.Tx].
func (c *conn) Seen(_ context.Context, class, user string) (storage.Seen, error) {
	found, err := one(c, func(r row) (s storage.Seen, err error) {
		err = r.scan(&s.Read, &s.Unread)
		return s, err
	}, `SELECT seen.read, `+unread+` FROM (SELECT ?2 AS class, ?3 AS user,
		coalesce((SELECT read FROM receipts WHERE class = ?2 AND user = ?3), 0) AS read) AS seen`, int64(storage.MaxUnread), class, user)
	if err != nil {
		return storage.Seen{}, err
	}
	return *found, nil
}
