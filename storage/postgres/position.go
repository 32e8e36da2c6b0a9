package postgres

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

const positionColumns = `class, "user", epoch, class_seq, user_seq, system_seq`

func scanPosition(r row) (p storage.Position, err error) {
	err = r.Scan(&p.Class, &p.User, &p.At.Epoch, &p.At.Class, &p.At.User, &p.At.System)
	p.At.Tag = events.ClassTag(p.Class)
	return p, err
}

// PutPosition implements [storage.Tx].
func (t *tx) PutPosition(_ context.Context, p *storage.Position) error {
	t.queue.Queue(`INSERT INTO positions (`+positionColumns+`) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (class, "user") DO UPDATE SET epoch = excluded.epoch, class_seq = excluded.class_seq,
		user_seq = excluded.user_seq, system_seq = excluded.system_seq`,
		p.Class, p.User, p.At.Epoch, p.At.Class, p.At.User, p.At.System)
	return nil
}

// Position implements [storage.Reader].
func (s *snapshot) Position(ctx context.Context, class, user string) (*storage.Position, error) {
	return one(ctx, s, scanPosition, `SELECT `+positionColumns+` FROM positions WHERE class = $1 AND "user" = $2`, class, user)
}
