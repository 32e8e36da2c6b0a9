package storage

import (
	"context"
	"maps"
	"time"

	"homeroom/events"
)

// JobKind says what is to be done.
type JobKind string

// The kinds of jobs.
const (
	PublishJob JobKind = "publish" // a bulletin
	RemindJob  JobKind = "remind"  // of an assignment
)

// JobKey names a job.
type JobKey struct {
	Class         string
	Kind          JobKind
	Subject       string // the bulletin
	OffsetSeconds int64  // of a reminder, else 0
}

// Job is something to be done at a time. Who does it deletes it in the same transaction, so that it is done once. The
// jobs of an archived class rest: they are not due, whatever their time.
type Job struct {
	JobKey
	At events.Time
}

// jobs are what is to be done for a bulletin: its publication, and after it the reminders that lie ahead.
func (m *Bulletin) jobs(now events.Time) []Job {
	if m.PublishedAt == 0 {
		return []Job{{JobKey{m.Class, PublishJob, m.ID, 0}, m.PublishAt}}
	}
	var jobs []Job
	for _, offset := range m.Reminders {
		if at := m.DueAt - events.Time(offset*time.Second.Milliseconds()); at > now {
			jobs = append(jobs, Job{JobKey{m.Class, RemindJob, m.ID, offset}, at})
		}
	}
	return jobs
}

// plan puts the jobs of a bulletin in the place of those that it had.
func (b *batch) plan(ctx context.Context, m *Bulletin, now events.Time) error {
	if m.Kind == Announcement && m.PublishedAt != 0 {
		return nil // its only job is the one that published it
	}
	if err := b.dropJobs(ctx, m.Class, m.ID); err != nil {
		return err
	}
	for _, job := range m.jobs(now) {
		b.rows.Jobs[job.JobKey] = &job
		if err := b.tx.InsertJob(ctx, &job); err != nil {
			return err
		}
		b.planned = true
	}
	return nil
}

// dropJobs deletes the jobs of a bulletin; of all of a class with "".
func (b *batch) dropJobs(ctx context.Context, class, bulletin string) error {
	maps.DeleteFunc(b.rows.Jobs, func(key JobKey, _ *Job) bool {
		return key.Class == class && (bulletin == "" || key.Subject == bulletin)
	})
	return b.tx.DropJobs(ctx, class, bulletin)
}

// rest has a class's jobs rest while it is archived. When it comes back, what was to be published meanwhile is
// published, and nobody is reminded of what has passed.
func (b *batch) rest(ctx context.Context, class *ClassInfo) error {
	maps.DeleteFunc(b.rows.Jobs, func(key JobKey, _ *Job) bool { return key.Class == class.ID })
	if class.ArchivedAt != 0 {
		return b.tx.RestJobs(ctx, class.ID, true)
	}
	if err := b.tx.DropMissed(ctx, class.ID, RemindJob, b.now); err != nil {
		return err
	}
	b.planned = true
	return b.tx.RestJobs(ctx, class.ID, false)
}

// do carries out a job that is due. Where the job is gone, another process was first, or what it was planned for has
// changed; then there is nothing to do.
func (b *batch) do(ctx context.Context, key JobKey) error {
	job, now := b.rows.Jobs[key], b.now
	if job == nil || job.At > now {
		return nil
	}
	delete(b.rows.Jobs, key)
	if err := b.tx.DeleteJob(ctx, key); err != nil {
		return err
	}
	old := b.rows.Bulletins[key.Subject]
	if old == nil || b.rows.Classes[key.Class] == nil {
		return nil
	}
	if key.Kind == RemindJob {
		return b.remind(ctx, old, key.OffsetSeconds, now)
	}
	m := *old
	m.Version, m.UpdatedAt = old.Version+1, now
	return b.publish(ctx, Principal{User: m.Author}, &m, now)
}

// needJob is what doing a job looks at.
func needJob(key JobKey) Needs {
	return Needs{
		Channels:  []events.Channel{events.ClassChannel(key.Class), events.BroadcastChannel},
		Classes:   []string{key.Class},
		Bulletins: []string{key.Subject},
		Jobs:      []JobKey{key},
	}
}
