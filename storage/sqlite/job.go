package sqlite

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

const (
	jobColumns = `class, kind, subject, offset_seconds, at`
	selectJob  = `SELECT ` + jobColumns + ` FROM jobs WHERE class = ? AND kind = ? AND subject = ? AND offset_seconds = ? AND resting = 0`
)

func scanJob(r row) (j storage.Job, err error) {
	err = r.scan(&j.Class, (*string)(&j.Kind), &j.Subject, &j.OffsetSeconds, (*int64)(&j.At))
	return j, err
}

// InsertJob implements [storage.Tx].
func (t *tx) InsertJob(_ context.Context, j *storage.Job) error {
	return t.exec(`INSERT INTO jobs (`+jobColumns+`) VALUES (?, ?, ?, ?, ?)`,
		j.Class, string(j.Kind), j.Subject, j.OffsetSeconds, int64(j.At))
}

// DeleteJob implements [storage.Tx].
func (t *tx) DeleteJob(_ context.Context, key storage.JobKey) error {
	return t.exec(`DELETE FROM jobs WHERE class = ? AND kind = ? AND subject = ? AND offset_seconds = ?`,
		key.Class, string(key.Kind), key.Subject, key.OffsetSeconds)
}

// DropJobs implements [storage.Tx].
func (t *tx) DropJobs(_ context.Context, class, subject string) error {
	if subject == "" {
		return t.exec(`DELETE FROM jobs WHERE class = ?`, class)
	}
	return t.exec(`DELETE FROM jobs WHERE class = ? AND subject = ?`, class, subject)
}

// DropMissed implements [storage.Tx].
func (t *tx) DropMissed(_ context.Context, class string, kind storage.JobKind, now events.Time) error {
	return t.exec(`DELETE FROM jobs WHERE class = ? AND kind = ? AND at <= ?`, class, string(kind), int64(now))
}

// RestJobs implements [storage.Tx].
func (t *tx) RestJobs(_ context.Context, class string, rest bool) error {
	return t.exec(`UPDATE jobs SET resting = ? WHERE class = ?`, integer(rest), class)
}

// Jobs implements [storage.Reader].
func (s snapshot) Jobs(_ context.Context, limit int) ([]storage.Job, error) {
	return list(s.conn, scanJob, `SELECT `+jobColumns+` FROM jobs WHERE resting = 0 ORDER BY at LIMIT ?`, int64(limit))
}
