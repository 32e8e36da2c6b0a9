package sqlite

import (
	"context"

	"homeroom/storage"
)

const (
	acknowledgementColumns = `class, bulletin, user, acknowledged_at`
	selectAcknowledgement  = `SELECT ` + acknowledgementColumns + ` FROM acknowledgements WHERE class = ? AND bulletin = ? AND user = ?`
)

func scanAcknowledgement(r row) (a storage.Acknowledgement, err error) {
	err = r.scan(&a.Class, &a.Bulletin, &a.User, (*int64)(&a.AcknowledgedAt))
	return a, err
}

// InsertAcknowledgement implements [storage.Tx].
func (t *tx) InsertAcknowledgement(_ context.Context, a *storage.Acknowledgement) error {
	return t.exec(`INSERT INTO acknowledgements (`+acknowledgementColumns+`) VALUES (?, ?, ?, ?)`,
		a.Class, a.Bulletin, a.User, int64(a.AcknowledgedAt))
}

// Tally implements [storage.Reader] and, for the transaction that conn is in, [storage.Tx].
func (c *conn) Tally(_ context.Context, m *storage.Bulletin, user string) (storage.Tally, error) {
	found, err := one(c, func(r row) (tally storage.Tally, err error) {
		var acknowledged int64
		err = r.scan(&acknowledged, &tally.AcknowledgedCount, &tally.MemberCount)
		tally.Acknowledged = acknowledged != 0
		return tally, err
	}, `SELECT `+tallyColumns+` FROM bulletins WHERE id = ?2`, user, m.ID)
	if err != nil || found == nil {
		return storage.Tally{}, err
	}
	return *found, nil
}

// Acknowledgements implements [storage.Reader].
func (s snapshot) Acknowledgements(_ context.Context, m *storage.Bulletin, state storage.AcknowledgementState, after string, limit int) ([]storage.MemberAcknowledgement, error) {
	where := map[storage.AcknowledgementState]string{
		storage.Acknowledged: ` AND a.user IS NOT NULL`,
		storage.Missing:      ` AND a.user IS NULL`,
	}[state]
	return list(s.conn, func(r row) (a storage.MemberAcknowledgement, err error) {
		err = r.scan(&a.User, &a.Name, (*string)(&a.Role), (*int64)(&a.AcknowledgedAt))
		return a, err
	}, `SELECT members.user, members.name, members.role, coalesce(a.acknowledged_at, 0) FROM members
		LEFT JOIN acknowledgements AS a ON a.class = members.class AND a.bulletin = ? AND a.user = members.user
		WHERE members.class = ? AND members.user <> ? AND members.user > ?`+where+` ORDER BY members.user LIMIT ?`,
		m.ID, m.Class, m.Author, after, int64(limit))
}
