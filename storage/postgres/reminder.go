package postgres

import (
	"context"

	"homeroom/storage"
)

// InsertReminder implements [storage.Tx].
func (t *tx) InsertReminder(_ context.Context, r *storage.Reminder) error {
	t.add(`INSERT INTO reminders (class, id, assignment, seq, offset_seconds, due_at, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		r.Class, r.ID, r.Assignment, r.Seq, r.OffsetSeconds, int64(r.DueAt), int64(r.At))
	return nil
}
