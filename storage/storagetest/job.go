package storagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

// past is a time that has come, whenever a test looks.
const past events.Time = 1

// jobPoll is how soon a store under test sees what hasten did.
const jobPoll = 5 * time.Millisecond

// hasten has all jobs of a bulletin fall due.
func (s *school) hasten(t *testing.T, m storage.BulletinView) {
	t.Helper()
	s.tx(t, func(tx storage.Tx) {
		for _, job := range s.jobs(t, m.Class) {
			if job.Subject == m.ID {
				job.At = past
				check(t, tx.DeleteJob(t.Context(), job.JobKey))
				check(t, tx.InsertJob(t.Context(), &job))
			}
		}
	})
}

// tx writes rows past the rules.
func (s *school) tx(t *testing.T, write func(storage.Tx)) {
	t.Helper()
	tx, _, err := s.driver.Begin(t.Context(), storage.Needs{})
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	write(tx)
	wantError(t, tx.Commit(t.Context(), nil, nil), nil)
}

// jobs are those of a class that don't rest.
func (s *school) jobs(t *testing.T, class string) (jobs []storage.Job) {
	t.Helper()
	wantError(t, s.driver.View(t.Context(), func(r storage.Reader) error {
		all, err := r.Jobs(t.Context(), 10_000)
		for _, job := range all {
			if job.Class == class {
				jobs = append(jobs, job)
			}
		}
		return err
	}), nil)
	return jobs
}

// work has a store do jobs until the returned function is called, or the test ends.
func (s *school) work(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() { s.RunJobs(ctx, storage.Schedule{Poll: jobPoll}) })
	stop = func() { cancel(); working.Wait() }
	t.Cleanup(stop)
	return stop
}

// reminded are the offsets of a class's reminders, as its log has them after a seq.
func (s *school) reminded(t *testing.T, class string, after int64) (offsets []int64) {
	t.Helper()
	for _, e := range s.history(t, class, after) {
		if e.Type != events.AssignmentDue {
			continue
		}
		var due struct {
			Assignment    storage.Bulletin `json:"assignment"`
			OffsetSeconds int64            `json:"offset_seconds"`
			DueAt         events.Time      `json:"due_at"`
		}
		decode(t, e, &due)
		if due.Assignment.DueAt != due.DueAt || e.Actor != due.Assignment.Author {
			t.Errorf("event %s", show(e))
		}
		offsets = append(offsets, due.OffsetSeconds)
	}
	return offsets
}

func testJobs(t *testing.T, fresh Fresh) {
	t.Run("what is scheduled is published at its time", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		class := s.class(t)
		s.clock.pass(0)
		s.work(t)
		head := s.head(t, class)
		for kind, types := range bulletinEvents {
			draft := draftOf(kind)
			draft.PublishAt = later(s.clock.now(), time.Minute)
			m := s.announce(t, class, draft)
			equal(t, "seq before", m.Seq, (*int64)(nil))
			s.clock.pass(time.Minute)
			eventually(t, "it is published", func() bool { return s.tape.has(class, head+1) })
			published := s.bulletin(t, ben, keyOf(m))
			if published.PublishedAt < m.PublishAt || published.PublishAt != m.PublishAt || published.Version != 2 || published.NotificationID == "" {
				t.Errorf("published %s", show(published))
			}
			s.wantEvents(t, class, head, event{types.created, "anna", published.Bulletin})
			head++
		}
	})

	t.Run("reminders are sent, those that lie ahead when it is published", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		class := s.class(t)
		start := s.clock.pass(0)
		s.work(t)
		head := s.head(t, class)
		draft := draftOf(storage.Assignment)
		draft.PublishAt, draft.DueAt = later(start, time.Hour), later(start, 2*time.Hour)
		draft.Reminders = []int64{3600, 60} // an hour before has come when it is published
		m := s.announce(t, class, draft)
		s.clock.pass(time.Hour)
		eventually(t, "it is published", func() bool { return s.tape.has(class, head+1) })
		s.clock.pass(59 * time.Minute)
		eventually(t, "the reminder is sent", func() bool { return len(s.reminded(t, class, head)) > 0 })
		equal(t, "reminded", s.reminded(t, class, head), []int64{60})
		data, err := json.Marshal(map[string]any{"assignment": s.bulletin(t, ben, keyOf(m)).Bulletin, "offset_seconds": 60, "due_at": m.DueAt})
		wantError(t, err, nil)
		equal(t, "data", sorted(t, s.history(t, class, head)[1].Data), sorted(t, data))
		equal(t, "jobs left", len(s.jobs(t, class)), 0)
	})

	t.Run("jobs follow what they are for", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		class := s.class(t)
		m := s.announce(t, class, scheduled(storage.Assignment))
		publish := storage.JobKey{Class: class, Kind: storage.PublishJob, Subject: m.ID}
		remind := func(offset int64) storage.JobKey {
			return storage.JobKey{Class: class, Kind: storage.RemindJob, Subject: m.ID, OffsetSeconds: offset}
		}
		want := func(what string, want ...storage.Job) { t.Helper(); equal(t, what, s.jobs(t, class), want) }
		change := func(c storage.BulletinChange) {
			t.Helper()
			var err error
			m, err = s.UpdateBulletin(t.Context(), anna, keyOf(m), c, m.Version)
			wantError(t, err, nil)
		}
		want("at first", storage.Job{JobKey: publish, At: m.PublishAt})
		change(storage.BulletinChange{PublishAt: new(m.PublishAt + 1000)})
		want("put off", storage.Job{JobKey: publish, At: m.PublishAt})
		change(storage.BulletinChange{PublishAt: new(events.Time(0))})
		want("published", storage.Job{JobKey: remind(600), At: m.DueAt - 600_000}, storage.Job{JobKey: remind(60), At: m.DueAt - 60_000})
		change(storage.BulletinChange{DueAt: new(m.DueAt + 3_600_000), Reminders: []int64{0, 7200, 86400, 0}})
		equal(t, "reminders", m.Reminders, []int64{86400, 7200, 0})
		want("later", storage.Job{JobKey: remind(7200), At: m.DueAt - 7_200_000}, storage.Job{JobKey: remind(0), At: m.DueAt})
		s.archive(t, class, true)
		want("archived")
		s.archive(t, class, false)
		want("back", storage.Job{JobKey: remind(7200), At: m.DueAt - 7_200_000}, storage.Job{JobKey: remind(0), At: m.DueAt})
		change(storage.BulletinChange{Title: new("Other")})
		want("renamed", storage.Job{JobKey: remind(7200), At: m.DueAt - 7_200_000}, storage.Job{JobKey: remind(0), At: m.DueAt})
		change(storage.BulletinChange{Reminders: []int64{}})
		want("without reminders")
		equal(t, "without reminders", s.bulletin(t, anna, keyOf(m)), m)
		change(storage.BulletinChange{Reminders: []int64{0}})
		wantError(t, s.DeleteBulletin(t.Context(), anna, keyOf(m), m.Version), nil)
		want("deleted")
		m = s.announce(t, class, scheduled(storage.Announcement))
		wantError(t, s.DeleteClass(t.Context(), anna, class, storage.AnyVersion), nil)
		want("of a deleted class")
	})

	t.Run("an archived class rests", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		class := s.class(t)
		draft := draftOf(storage.Assignment)
		draft.Reminders = []int64{600, 60}
		reminded := s.announce(t, class, draft)
		later := s.announce(t, class, scheduled(storage.Announcement))
		s.archive(t, class, true)
		s.tx(t, func(tx storage.Tx) { // their time comes meanwhile, but for one reminder's
			for _, key := range []storage.JobKey{
				{Class: class, Kind: storage.PublishJob, Subject: later.ID},
				{Class: class, Kind: storage.RemindJob, Subject: reminded.ID, OffsetSeconds: 600},
			} {
				check(t, tx.DeleteJob(t.Context(), key))
				check(t, tx.InsertJob(t.Context(), &storage.Job{JobKey: key, At: past}))
			}
			check(t, tx.RestJobs(t.Context(), class, true))
		})
		other := s.class(t)
		s.work(t)
		marker := s.announce(t, other, scheduled(storage.Announcement))
		s.hastenAndWait(t, marker)
		head := s.head(t, class)
		s.wantEvents(t, class, head)
		s.archive(t, class, false)
		eventually(t, "it is published", func() bool { return s.bulletin(t, anna, keyOf(later)).PublishedAt != 0 })
		s.hastenAndWait(t, s.announce(t, other, scheduled(storage.Announcement)))
		equal(t, "reminded", len(s.reminded(t, class, 0)), 0) // of what had passed
		equal(t, "left", len(s.jobs(t, class)), 1)
	})

	t.Run("more at once than one batch takes", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		const classes, each = 3, 60
		all := map[string]int64{}
		for range classes {
			class := s.class(t)
			for i := range each {
				draft := scheduled(storage.Announcement)
				draft.Title = fmt.Sprint(i)
				s.hasten(t, s.announce(t, class, draft))
			}
			all[class] = s.head(t, class)
		}
		s.work(t)
		for class, head := range all {
			eventually(t, "all are published", func() bool { return s.tape.has(class, head+each) })
			equal(t, "jobs left", len(s.jobs(t, class)), 0)
			titles := map[string]bool{}
			for _, e := range s.history(t, class, head) {
				var m storage.Bulletin
				decode(t, e, &m)
				titles[m.Title] = true
			}
			equal(t, "published", len(titles), each)
		}
	})

	t.Run("what falls due while nobody works is done once, after the start", func(t *testing.T) {
		open := fresh(t)
		s := newSchool(t, open)
		class := s.class(t)
		stop := s.work(t)
		draft := draftOf(storage.Assignment)
		draft.Reminders = []int64{60}
		m := s.announce(t, class, draft)
		stop()
		head := s.head(t, class)
		s.hasten(t, m)
		wantError(t, s.Close(), nil)
		for range 3 {
			s = newSchool(t, open)
			stop = s.work(t)
			eventually(t, "the reminder is sent", func() bool { return len(s.reminded(t, class, head)) > 0 })
			s.hastenAndWait(t, s.announce(t, s.class(t), scheduled(storage.Announcement)))
			equal(t, "reminded", s.reminded(t, class, head), []int64{60})
			stop()
			wantError(t, s.Close(), nil)
		}
	})

	t.Run("a database that fails is tried again", func(t *testing.T) {
		s, stage := newStaged(t, fresh(t))
		class := s.class(t)
		m := s.announce(t, class, scheduled(storage.Announcement))
		s.hasten(t, m)
		var failed sync.WaitGroup
		failed.Add(1)
		once := sync.OnceFunc(failed.Done)
		stage.onCommit(func(n int, commit func() error) error {
			if n == 0 {
				return commit()
			}
			once()
			return storage.ErrUnavailable
		})
		ctx, cancel := context.WithCancel(t.Context())
		var working sync.WaitGroup
		working.Go(func() { s.RunJobs(ctx, storage.Schedule{Poll: time.Millisecond}) })
		defer func() { cancel(); working.Wait() }()
		failed.Wait()
		stage.onCommit(nil)
		eventually(t, "it is published", func() bool { return s.bulletin(t, anna, keyOf(m)).PublishedAt != 0 })
		equal(t, "version", s.bulletin(t, anna, keyOf(m)).Version, int64(2))
	})

	t.Run("a change and its job in one transaction", func(t *testing.T) {
		s, stage := newStaged(t, fresh(t))
		class := s.class(t)
		m := s.announce(t, class, scheduled(storage.Announcement))
		s.hasten(t, m)
		head := s.head(t, class)
		entered, release := stage.holdNext()
		ahead := s.postLater(t.Context(), class, "ahead")
		<-entered
		deleted := make(chan error, 1)
		go func() { deleted <- s.DeleteBulletin(t.Context(), anna, keyOf(m), storage.AnyVersion) }()
		s.work(t)
		release()
		wantError(t, (<-ahead).err, nil)
		wantError(t, <-deleted, nil) // before its publication, or after it
		eventually(t, "the job is gone", func() bool { return len(s.jobs(t, class)) == 0 })
		if n := len(s.history(t, class, head)); n != 1 && n != 3 {
			t.Errorf("%d events, want the post, and a publication only with its deletion", n)
		}
	})
}

// testSharedJobs is that of all that work on one database one does each job.
func testSharedJobs(t *testing.T, fresh Fresh) {
	open := fresh(t)
	var all []*school
	start := events.Now()
	pass := func(d time.Duration) {
		for _, s := range all {
			s.clock.pass(d)
		}
	}
	for range 3 {
		s := newSchool(t, open)
		s.clock.stop(start)
		s.tape.mayMiss() // what the others do
		s.work(t)
		all = append(all, s)
	}
	const classes, each = 2, 20
	heads := map[string]int64{}
	for range classes {
		class := all[0].class(t)
		heads[class] = all[0].head(t, class)
		for i := range each {
			draft := draftOf(storage.Assignment)
			draft.PublishAt = later(start, time.Hour) + events.Time(i/4) // some at one moment
			draft.DueAt, draft.Reminders = later(draft.PublishAt, time.Hour), []int64{60}
			all[i%len(all)].announce(t, class, draft)
		}
	}
	pass(time.Hour + time.Minute)
	for class, head := range heads {
		eventually(t, "all is published", func() bool { return all[0].head(t, class) == head+each })
	}
	pass(time.Hour)
	for class, head := range heads {
		eventually(t, "all is done", func() bool { return len(all[0].jobs(t, class)) == 0 })
		equal(t, "reminded", len(all[0].reminded(t, class, head)), each)
		equal(t, "events", all[0].head(t, class), head+2*each)
	}
}

// hastenAndWait has a scheduled bulletin fall due, and waits until it is published: what was due before it is done then.
func (s *school) hastenAndWait(t *testing.T, m storage.BulletinView) {
	t.Helper()
	s.hasten(t, m)
	eventually(t, "a job is done", func() bool { return s.bulletin(t, root, keyOf(m)).PublishedAt != 0 })
}

// sorted is JSON with its fields in order.
func sorted(t *testing.T, data []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return show(v)
}
