package storage

import "homeroom/events"

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

// Job is something to be done at a time. Who does it deletes it in the same transaction, so that it is done once.
type Job struct {
	JobKey
	At events.Time
}
