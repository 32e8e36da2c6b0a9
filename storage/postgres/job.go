package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"homeroom/events"
	"homeroom/storage"
)

const jobColumns = `class, kind, subject, offset_seconds, at`

func scanJob(r row) (j storage.Job, err error) {
	err = r.Scan(&j.Class, (*string)(&j.Kind), &j.Subject, &j.OffsetSeconds, (*int64)(&j.At))
	return j, err
}

func (f *fetch) queueJobs(b *pgx.Batch, jobs []storage.JobKey) {
	n := len(jobs)
	if n == 0 {
		return
	}
	classes, kinds, subjects, offsets := make([]string, n), make([]string, n), make([]string, n), make([]int64, n)
	for i, j := range jobs {
		classes[i], kinds[i], subjects[i], offsets[i] = j.Class, string(j.Kind), j.Subject, j.OffsetSeconds
	}
	collect(b, &f.jobs, scanJob, `SELECT `+jobColumns+` FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
		AS k (class, kind, subject, offset_seconds) JOIN jobs USING (class, kind, subject, offset_seconds) WHERE NOT resting`,
		classes, kinds, subjects, offsets)
}

// InsertJob implements [storage.Tx].
func (t *tx) InsertJob(_ context.Context, j *storage.Job) error {
	t.add(`INSERT INTO jobs (`+jobColumns+`) VALUES ($1, $2, $3, $4, $5)`, j.Class, string(j.Kind), j.Subject, j.OffsetSeconds, int64(j.At))
	return nil
}

// DeleteJob implements [storage.Tx].
func (t *tx) DeleteJob(_ context.Context, key storage.JobKey) error {
	t.add(`DELETE FROM jobs WHERE class = $1 AND kind = $2 AND subject = $3 AND offset_seconds = $4`,
		key.Class, string(key.Kind), key.Subject, key.OffsetSeconds)
	return nil
}

// DropJobs implements [storage.Tx].
func (t *tx) DropJobs(_ context.Context, class, subject string) error {
	t.add(`DELETE FROM jobs WHERE class = $1 AND ($2 = '' OR subject = $2)`, class, subject)
	return nil
}

// DropMissed implements [storage.Tx].
func (t *tx) DropMissed(_ context.Context, class string, kind storage.JobKind, now events.Time) error {
	t.add(`DELETE FROM jobs WHERE class = $1 AND kind = $2 AND at <= $3`, class, string(kind), int64(now))
	return nil
}

// RestJobs implements [storage.Tx].
func (t *tx) RestJobs(_ context.Context, class string, rest bool) error {
	t.add(`UPDATE jobs SET resting = $1 WHERE class = $2`, rest, class)
	return nil
}

// Jobs implements [storage.Reader].
func (s *snapshot) Jobs(ctx context.Context, limit int) ([]storage.Job, error) {
	return list(ctx, s, scanJob, `SELECT `+jobColumns+` FROM jobs WHERE NOT resting ORDER BY at LIMIT $1`, limit)
}
