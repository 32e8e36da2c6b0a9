package sqlite

import (
	"context"

	"homeroom/storage"
)

// InsertReminder implements [storage.Tx].
func (t *tx) InsertReminder(_ context.Context, r *storage.Reminder) error {
	return t.exec(`INSERT INTO reminders (class, id, assignment, seq, offset_seconds, due_at, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		r.Class, r.ID, r.Assignment, r.Seq, r.OffsetSeconds, int64(r.DueAt), int64(r.At))
}
