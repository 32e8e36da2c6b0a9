package storage

import (
	"context"
	"log/slog"
	"time"

	"homeroom/events"
)

// DefaultJobPoll is the longest time between looks for jobs. It is how late a job may be done that another process has
// planned for sooner than that, and how soon one is tried again after a failure.
const DefaultJobPoll = 2 * time.Second

// jobsMost is how many jobs are looked for and done at once: a few milliseconds of a transaction, for which writers
// wait.
const jobsMost = 64

// Schedule says how jobs are done.
type Schedule struct {
	Poll   time.Duration // 0: DefaultJobPoll
	Logger *slog.Logger  // nil: nothing is logged
}

// RunJobs implements [Store]. Its timer is set to the next job that is known, and at most to the poll; a change on
// this process that plans a job wakes it.
func (e *Engine) RunJobs(ctx context.Context, s Schedule) {
	if s.Poll == 0 {
		s.Poll = DefaultJobPoll
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	healthy := true
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-e.planned:
		}
		next, err := e.doDue(ctx)
		if ctx.Err() != nil {
			return
		}
		if healthy != (err == nil) {
			healthy = err == nil
			if healthy {
				s.Logger.Info("jobs are done again")
			} else {
				s.Logger.Error("jobs can't be done; they wait", "error", err)
			}
		}
		timer.Reset(s.until(next, e.now()))
	}
}

// until is how long to wait now when the next job that is known is at a time, or none is.
func (s *Schedule) until(next, now events.Time) time.Duration {
	if next == 0 {
		return s.Poll
	}
	return max(0, min(s.Poll, next.Std().Sub(now.Std())))
}

// doDue does all jobs that are due, batch by batch, and returns when the next one is, or 0 where there is none.
func (e *Engine) doDue(ctx context.Context) (next events.Time, err error) {
	for {
		var jobs []Job
		err := e.driver.View(ctx, func(r Reader) (err error) {
			jobs, err = r.Jobs(ctx, jobsMost)
			return err
		})
		if err != nil {
			return 0, err
		}
		now, due := e.now(), 0
		for due < len(jobs) && jobs[due].At <= now {
			due++
		}
		if err := e.doJobs(ctx, jobs[:due]); err != nil {
			return 0, err
		}
		switch {
		case due < len(jobs):
			return jobs[due].At, nil
		case due < jobsMost:
			return 0, nil
		}
	}
}

// doJobs has the committer do jobs, each as a write of its own: should one fail, the others are done all the same.
func (e *Engine) doJobs(ctx context.Context, jobs []Job) error {
	writes := make([]*entry, len(jobs))
	for i, job := range jobs {
		writes[i] = newEntry(ctx, needJob(job.JobKey), func(ctx context.Context, b *batch) error {
			return b.do(ctx, job.JobKey)
		})
	}
	return e.committer.submitAll(writes)
}
