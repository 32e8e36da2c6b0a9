package storage

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"homeroom/events"
	"homeroom/storage/spam"
)

const (
	batchMost  = 256              // writes per transaction
	queueMost  = 1024             // writes that wait; beyond it callers wait to be queued
	commitWait = 15 * time.Second // the longest a transaction may take before the database counts as unavailable
	slowDown   = time.Second      // a database that took this long to turn out unavailable is not asked again for those who wait
)

// change is a write: checks, then writes, then events. It gets the transaction's context, not its caller's.
type change func(ctx context.Context, b *batch) error

// entry is a write that waits.
type entry struct {
	ctx    context.Context // the caller's; one that has ended by the time the entry's turn comes is not carried out
	needs  Needs
	change change
	done   chan error // has room for the answer, so that the committer never waits for a caller
}

// committer carries out all writes, from one goroutine: what waits is gathered into one transaction. While it is
// synced to disk the next batch gathers, so the batches grow with the load.
//
// Invariant: events are published by this goroutine only, after their commit and before the next transaction begins;
// so they reach the hub in the order of their seqs. What was judged counts by the same rule: a write that is tried again,
// or whose transaction failed, has left no trace with the guard.
type committer struct {
	driver  Driver
	now     func() events.Time
	publish func([]events.Event)
	tell    func([]events.Receipt) // of receipts that changed
	planned func()                 // a job was planned
	guard   *spam.Guard            // nil for none
	queue   chan *entry
	metrics *metrics
	stopped sync.WaitGroup

	mu     sync.RWMutex // held for reading while an entry is queued; guards closed
	closed bool
}

func newCommitter(driver Driver, now func() events.Time) *committer {
	c := &committer{
		driver: driver, now: now, publish: func([]events.Event) {}, tell: func([]events.Receipt) {}, planned: func() {},
		queue: make(chan *entry, queueMost),
	}
	c.metrics = newMetrics(func() int { return len(c.queue) })
	c.stopped.Go(c.run)
	return c
}

// submit queues a write and waits for its outcome. When the caller's context ends first, the write may still be
// carried out: what it sets must not be looked at unless submit returned nil.
func (c *committer) submit(ctx context.Context, needs Needs, change change) error {
	e := newEntry(ctx, needs, change)
	if err := c.enqueue(e); err != nil {
		return err
	}
	return e.wait()
}

func newEntry(ctx context.Context, needs Needs, change change) *entry {
	return &entry{ctx: ctx, needs: needs, change: change, done: make(chan error, 1)}
}

// submitAll queues writes so that they are carried out together, as far as one transaction goes, and waits for all of
// them. Each has its own outcome; the first error is returned.
func (c *committer) submitAll(entries []*entry) error {
	var failed error
	queued := 0
	for _, e := range entries {
		if failed = c.enqueue(e); failed != nil {
			break
		}
		queued++
	}
	for _, e := range entries[:queued] {
		if err := e.wait(); failed == nil {
			failed = err
		}
	}
	return failed
}

// wait waits for a write's outcome, as long as its caller does.
func (e *entry) wait() error {
	select {
	case err := <-e.done:
		return err
	case <-e.ctx.Done():
		return e.ctx.Err()
	}
}

func (c *committer) enqueue(e *entry) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return ErrClosed
	}
	select {
	case c.queue <- e:
		return nil
	case <-e.ctx.Done():
		return e.ctx.Err()
	}
}

// close carries out what is queued and stops.
func (c *committer) close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.queue)
	}
	c.mu.Unlock()
	c.stopped.Wait()
}

func (c *committer) run() {
	last := 0
	for first := range c.queue {
		batch := c.gather([]*entry{first})
		if len(batch) < last/2 {
			// Many were just answered, and some of them are about to write again. Let them run: else the first alone
			// would have a transaction, and all others wait for its sync.
			runtime.Gosched()
			batch = c.gather(batch)
		}
		last = len(batch)
		c.carryOut(batch)
	}
}

// gather adds what waits to a batch. It never waits for more: a lone write is not delayed.
func (c *committer) gather(batch []*entry) []*entry {
	for len(batch) < batchMost {
		select {
		case e, ok := <-c.queue:
			if !ok {
				return batch
			}
			batch = append(batch, e)
		default:
			return batch
		}
	}
	return batch
}

// carryOut commits a batch. When the transaction fails as a whole, each write is tried on its own, so that only the
// one to blame fails. When the database is unavailable nobody is tried again: the commit may have happened, and
// those whose turn had not come would only wait as long once more.
func (c *committer) carryOut(entries []*entry) {
	live := entries[:0]
	for _, e := range entries {
		if err := e.ctx.Err(); err != nil {
			e.done <- err
			continue
		}
		live = append(live, e)
	}
	if len(live) == 0 {
		return
	}
	began := time.Now()
	errs, err := c.commit(live)
	if err != nil && !errors.Is(err, ErrUnavailable) {
		c.oneByOne(live)
		return
	}
	for i, e := range live {
		e.answer(errs, i, err)
	}
	if err != nil && time.Since(began) > slowDown {
		c.refuse(err)
	}
}

// refuse answers all that wait with an error.
func (c *committer) refuse(err error) {
	for {
		select {
		case e, ok := <-c.queue:
			if !ok {
				return
			}
			e.done <- err
		default:
			return
		}
	}
}

// oneByOne carries out each write of a batch that failed in a transaction of its own.
func (c *committer) oneByOne(entries []*entry) {
	var down error
	for _, e := range entries {
		if down != nil {
			e.done <- down
			continue
		}
		errs, err := c.commit([]*entry{e})
		if errors.Is(err, ErrUnavailable) {
			down = err
		}
		e.answer(errs, 0, err)
	}
}

// answer tells the caller the outcome: its own error if it has one, else the transaction's.
func (e *entry) answer(errs []error, i int, err error) {
	if err == nil {
		err = errs[i]
	}
	e.done <- err
}

// commit carries out writes in one transaction, and publishes its events. The first result has each write's own
// refusal; the second is the failure of all of them.
func (c *committer) commit(entries []*entry) ([]error, error) {
	began := time.Now()
	b, errs, err := c.transact(entries)
	c.metrics.observe(time.Since(began), len(entries))
	if err != nil {
		return nil, err
	}
	b.trial.Commit()
	c.metrics.refuse(b.refused)
	if len(b.evs) > 0 {
		c.publish(b.evs)
	}
	if len(b.receipts) > 0 {
		c.tell(b.receipts)
	}
	if b.planned {
		c.planned()
	}
	return errs, nil
}

// transact is the transaction of commit.
func (c *committer) transact(entries []*entry) (*batch, []error, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commitWait)
	defer cancel()
	tx, rows, err := c.driver.Begin(ctx, union(entries))
	if err != nil {
		return nil, nil, err
	}
	defer tx.Rollback()
	b := newBatch(tx, rows, c.now())
	b.trial = c.guard.Begin(b.now)
	errs := make([]error, len(entries))
	for i, e := range entries {
		b.clientKey = ""
		if errs[i] = e.change(ctx, b); errs[i] != nil && !refusal(errs[i]) {
			return nil, nil, errs[i]
		}
	}
	if err := tx.Commit(ctx, b.evs, b.next); err != nil {
		return nil, nil, err
	}
	return b, errs, nil
}

// refusal reports whether an error is a rule's answer, which a change gives before it writes anything. Any other
// error spoils the transaction.
func refusal(err error) bool {
	for _, rule := range [...]error{
		ErrNotFound, ErrForbidden, ErrLastTeacher, ErrMessageDeleted,
		ErrParentNotFound, ErrParentIsReply, ErrParentDeleted, ErrClassArchived, ErrWrongCode,
		ErrKeyReused, ErrReceiptAhead, ErrClassLocked, ErrMuteTime, ErrTooManyNotices,
		ErrPublished, ErrNotPublished, ErrNotRequired, ErrAuthorGone,
	} {
		if errors.Is(err, rule) {
			return true
		}
	}
	if _, ok := errors.AsType[*RepeatError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*MutedError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*SlowModeError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*PausedError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*HeldBackError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*FieldError](err); ok {
		return true
	}
	_, ok := errors.AsType[*VersionError](err)
	return ok
}

// union is what all entries need, each thing once.
func union(entries []*entry) Needs {
	if len(entries) == 1 {
		return entries[0].needs
	}
	var all Needs
	for _, e := range entries {
		all.Channels = append(all.Channels, e.needs.Channels...)
		all.Classes = append(all.Classes, e.needs.Classes...)
		all.Members = append(all.Members, e.needs.Members...)
		all.Messages = append(all.Messages, e.needs.Messages...)
		all.JoinCodes = append(all.JoinCodes, e.needs.JoinCodes...)
		all.Attempts = append(all.Attempts, e.needs.Attempts...)
		all.Receipts = append(all.Receipts, e.needs.Receipts...)
		all.Mutes = append(all.Mutes, e.needs.Mutes...)
		all.Preferences = append(all.Preferences, e.needs.Preferences...)
		all.Bulletins = append(all.Bulletins, e.needs.Bulletins...)
		all.Acknowledgements = append(all.Acknowledgements, e.needs.Acknowledgements...)
		all.Jobs = append(all.Jobs, e.needs.Jobs...)
	}
	all.Channels = distinct(all.Channels)
	all.Classes = distinct(all.Classes)
	all.Members = distinct(all.Members)
	all.Messages = distinct(all.Messages)
	all.JoinCodes = distinct(all.JoinCodes)
	all.Attempts = distinct(all.Attempts)
	all.Receipts = distinct(all.Receipts)
	all.Mutes = distinct(all.Mutes)
	all.Preferences = distinct(all.Preferences)
	all.Bulletins = distinct(all.Bulletins)
	all.Acknowledgements = distinct(all.Acknowledgements)
	all.Jobs = distinct(all.Jobs)
	return all
}

// distinct drops what comes again.
func distinct[T comparable](list []T) []T {
	seen := make(map[T]struct{}, len(list))
	kept := list[:0]
	for _, item := range list {
		if _, ok := seen[item]; !ok {
			seen[item] = struct{}{}
			kept = append(kept, item)
		}
	}
	return kept
}
