package storage

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"homeroom/events"
)

// agenda is a driver that has jobs, of classes and bulletins that are all there, and nothing else. It keeps when each
// was done.
type agenda struct {
	Driver
	mu    sync.Mutex // guards all
	jobs  []Job
	done  map[JobKey][]time.Time
	looks int
	most  int // jobs done in one transaction
	down  error
}

func (a *agenda) Close() error { return nil }

func (a *agenda) View(_ context.Context, read func(Reader) error) error {
	return read(agendaReader{agenda: a})
}

func (a *agenda) Begin(_ context.Context, needs Needs) (Tx, *Rows, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.down != nil {
		return nil, nil, a.down
	}
	rows := NewRows()
	for _, key := range needs.Jobs {
		if i := slices.IndexFunc(a.jobs, func(j Job) bool { return j.JobKey == key }); i >= 0 {
			rows.Jobs[key] = new(a.jobs[i])
		}
		rows.Classes[key.Class] = &ClassInfo{ID: key.Class}
		rows.Bulletins[key.Subject] = &Bulletin{ID: key.Subject, Class: key.Class, Kind: Assignment, Seq: new(int64(1)), PublishedAt: 1}
	}
	for _, m := range needs.Bulletins {
		if rows.Bulletins[m] == nil {
			rows.Bulletins[m] = &Bulletin{ID: m, Class: "c", Kind: Assignment}
		}
	}
	return &agendaTx{agenda: a}, rows, nil
}

// at has a job added by another process, or before the start.
func (a *agenda) at(at time.Time, offset int64) JobKey {
	key := JobKey{"c", RemindJob, "b", offset}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.jobs = append(a.jobs, Job{key, events.Time(at.UnixMilli())})
	slices.SortFunc(a.jobs, func(a, b Job) int { return cmp.Compare(a.At, b.At) })
	return key
}

// plan has a job added by this process.
func (a *agenda) plan(t *testing.T, e *Engine, at time.Time, offset int64) JobKey {
	t.Helper()
	job := Job{JobKey{"c", RemindJob, "b", offset}, events.Time(at.UnixMilli())}
	if err := e.write(t.Context(), Needs{}, func(ctx context.Context, b *batch) error {
		b.planned = true
		return b.tx.InsertJob(ctx, &job)
	}); err != nil {
		t.Fatal(err)
	}
	return job.JobKey
}

// setDown makes every transaction fail, or none.
func (a *agenda) setDown(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = err
}

// wantDone checks that a job was done once, at a time.
func (a *agenda) wantDone(t *testing.T, key JobKey, at time.Time) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if done := a.done[key]; len(done) != 1 || !done[0].Equal(at) {
		t.Errorf("job %d was done at %v, want once at %v", key.OffsetSeconds, done, at)
	}
}

type agendaReader struct {
	Reader
	agenda *agenda
}

func (r agendaReader) Jobs(_ context.Context, limit int) ([]Job, error) {
	r.agenda.mu.Lock()
	defer r.agenda.mu.Unlock()
	r.agenda.looks++
	return slices.Clone(r.agenda.jobs[:min(limit, len(r.agenda.jobs))]), nil
}

type agendaTx struct {
	Tx
	agenda  *agenda
	deleted []JobKey
	added   []Job
}

func (t *agendaTx) InsertJob(_ context.Context, j *Job) error {
	t.added = append(t.added, *j)
	return nil
}

func (t *agendaTx) DeleteJob(_ context.Context, key JobKey) error {
	t.deleted = append(t.deleted, key)
	return nil
}

func (*agendaTx) InsertReminder(context.Context, *Reminder) error { return nil }

func (*agendaTx) InsertNotification(context.Context, events.Channel, *events.Notification, events.Time) error {
	return nil
}

func (t *agendaTx) Commit(context.Context, []events.Event, map[events.Channel]int64) error {
	for _, job := range t.added {
		t.agenda.at(job.At.Std(), job.OffsetSeconds)
	}
	a := t.agenda
	a.mu.Lock()
	defer a.mu.Unlock()
	a.most = max(a.most, len(t.deleted))
	for _, key := range t.deleted {
		a.jobs = slices.DeleteFunc(a.jobs, func(j Job) bool { return j.JobKey == key })
		if a.done == nil {
			a.done = map[JobKey][]time.Time{}
		}
		a.done[key] = append(a.done[key], time.Now())
	}
	return nil
}

func (*agendaTx) Rollback() {}

// onTime runs a story in fake time, with an engine that does an agenda's jobs. What is logged goes to the story too.
func onTime(t *testing.T, story func(t *testing.T, a *agenda, e *Engine, logged *bytes.Buffer)) {
	synctest.Test(t, func(t *testing.T) {
		a := &agenda{}
		e := NewEngine(a)
		var logged bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			e.RunJobs(ctx, Schedule{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		})
		synctest.Wait()
		story(t, a, e, &logged)
		cancel()
		running.Wait()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d) // fake time
	synctest.Wait()
}

func TestJobsAreDoneOnTime(t *testing.T) {
	t.Run("one that this process planned, to the millisecond", func(t *testing.T) {
		onTime(t, func(t *testing.T, a *agenda, e *Engine, _ *bytes.Buffer) {
			pass(DefaultJobPoll / 4) // in between two looks
			first, second := time.Now().Add(DefaultJobPoll/4), time.Now().Add(time.Hour+7*time.Millisecond)
			late := a.plan(t, e, second, 2)
			soon := a.plan(t, e, first, 1)
			pass(2 * time.Hour)
			a.wantDone(t, soon, first)
			a.wantDone(t, late, second)
		})
	})

	t.Run("one that another process planned, within a poll", func(t *testing.T) {
		onTime(t, func(t *testing.T, a *agenda, _ *Engine, _ *bytes.Buffer) {
			began := time.Now()
			pass(DefaultJobPoll / 2)
			soon := a.at(time.Now().Add(time.Millisecond), 1)
			far := a.at(began.Add(100*DefaultJobPoll+time.Second), 2)
			pass(time.Hour)
			a.wantDone(t, soon, began.Add(DefaultJobPoll))
			a.wantDone(t, far, began.Add(100*DefaultJobPoll+time.Second))
		})
	})

	t.Run("one that fell due before the start, at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := &agenda{}
			var keys []JobKey
			for i := range 3*jobsMost + 1 {
				keys = append(keys, a.at(time.Now().Add(-time.Hour), int64(i)))
			}
			e := NewEngine(a)
			ctx, cancel := context.WithCancel(t.Context())
			began := time.Now()
			var running sync.WaitGroup
			running.Go(func() { e.RunJobs(ctx, Schedule{}) })
			synctest.Wait()
			for _, key := range keys {
				a.wantDone(t, key, began)
			}
			if a.most > jobsMost {
				t.Errorf("%d in one transaction", a.most)
			}
			cancel()
			running.Wait()
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	})

	t.Run("and nobody looks more often than that takes", func(t *testing.T) {
		onTime(t, func(t *testing.T, a *agenda, e *Engine, _ *bytes.Buffer) {
			before := a.looks
			for i := range 10 {
				a.plan(t, e, time.Now().Add(10*time.Minute), int64(i))
			}
			pass(5 * time.Minute)
			if most := int(5*time.Minute/DefaultJobPoll) + 10; a.looks-before > most {
				t.Errorf("%d looks, want at most %d", a.looks-before, most)
			}
		})
	})
}

func TestJobsOutliveAnOutage(t *testing.T) {
	onTime(t, func(t *testing.T, a *agenda, _ *Engine, logged *bytes.Buffer) {
		lines := func(text string) int { return strings.Count(logged.String(), text) }
		began := time.Now()
		due := a.at(began.Add(10*DefaultJobPoll), 1)
		a.setDown(fmt.Errorf("%w: away", ErrUnavailable))
		pass(20*DefaultJobPoll + DefaultJobPoll/2)
		if lines("level=ERROR") != 1 || lines("level=INFO") != 0 {
			t.Errorf("logged %s", logged)
		}
		a.setDown(nil)
		pass(10 * DefaultJobPoll)
		a.wantDone(t, due, began.Add(21*DefaultJobPoll))
		if lines("level=ERROR") != 1 || lines("level=INFO") != 1 {
			t.Errorf("logged %s", logged)
		}
	})
}
