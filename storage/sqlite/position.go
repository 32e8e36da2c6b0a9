package sqlite

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

const positionColumns = `class, user, epoch, class_seq, user_seq, system_seq`

func scanPosition(r row) (p storage.Position, err error) {
	err = r.scan(&p.Class, &p.User, &p.At.Epoch, &p.At.Class, &p.At.User, &p.At.System)
	p.At.Tag = events.ClassTag(p.Class)
	return p, err
}

// PutPosition implements [storage.Tx].
func (t *tx) PutPosition(_ context.Context, p *storage.Position) error {
	return t.exec(`INSERT INTO positions (`+positionColumns+`) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (class, user) DO UPDATE SET epoch = excluded.epoch, class_seq = excluded.class_seq,
		user_seq = excluded.user_seq, system_seq = excluded.system_seq`,
		p.Class, p.User, p.At.Epoch, p.At.Class, p.At.User, p.At.System)
}

// Position implements [storage.Reader].
func (s snapshot) Position(_ context.Context, class, user string) (*storage.Position, error) {
	return one(s.conn, scanPosition, `SELECT `+positionColumns+` FROM positions WHERE class = ? AND user = ?`, class, user)
}
