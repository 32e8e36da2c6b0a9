package storage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"homeroom/events"
)

const (
	// SessionLife is how long it is kept who was present when: a school year and its holidays.
	SessionLife = 400 * 24 * time.Hour
	// runLife is after how long without a sign of life what a run has left open is ended for good. Reading doesn't wait
	// for that.
	runLife = time.Hour
)

// LastSeen tells when a member was last seen, in whatever class.
type LastSeen struct {
	User string
	Name string
	Role Role
	At   events.Time // 0: never
}

// EnterPresence implements [Store]. Rows are written in the same order by all processes.
func (e *Engine) EnterPresence(ctx context.Context, entries events.Entries) error {
	sessions, sightings := slices.Clone(entries.Sessions), slices.Clone(entries.Sightings)
	slices.SortFunc(sessions, func(a, b events.Session) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.User, b.User), cmp.Compare(a.Since, b.Since))
	})
	slices.SortFunc(sightings, func(a, b events.Sighting) int { return cmp.Compare(a.User, b.User) })
	return e.write(ctx, Needs{}, func(ctx context.Context, b *batch) error {
		if err := b.tx.PutRun(ctx, e.run, events.Now()); err != nil {
			return err
		}
		if err := b.tx.PutSightings(ctx, e.run, sightings); err != nil {
			return err
		}
		return b.tx.PutSessions(ctx, e.run, sessions)
	})
}

// LastSeen implements [Store].
func (e *Engine) LastSeen(ctx context.Context, p Principal, class string, page Page) (list List[LastSeen], err error) {
	after, err := page.key()
	if err != nil {
		return list, err
	}
	err = e.viewClass(ctx, p, class, func(r Reader, at events.Cursor) error {
		seen, err := r.LastSeen(ctx, class, after, page.Limit+1)
		list = newList(seen, page.Limit, func(s *LastSeen) string { return s.User })
		list.At = at
		return err
	})
	return list, err
}

// sweepPresence ends what dead processes have left open, and forgets old sessions.
func (e *Engine) sweepPresence(ctx context.Context, now events.Time) (int, error) {
	ended, err := e.endRuns(ctx, now-events.Time(runLife.Milliseconds()))
	if err != nil {
		return ended, err
	}
	forgotten, err := e.repeat(ctx, func(ctx context.Context, b *batch) (int, error) {
		return b.tx.ForgetSessions(ctx, now-events.Time(SessionLife.Milliseconds()), trimBatch)
	})
	return ended + forgotten, err
}

func (e *Engine) endRuns(ctx context.Context, before events.Time) (int, error) {
	total := 0
	for {
		var run string
		err := e.driver.View(ctx, func(r Reader) (err error) {
			run, err = r.DeadRun(ctx, before)
			return err
		})
		if err != nil || run == "" {
			return total, err
		}
		n, err := e.repeat(ctx, func(ctx context.Context, b *batch) (int, error) { return b.tx.EndRun(ctx, run, trimBatch) })
		if total += n; err != nil || n == 0 { // what is left another process is ending
			return total, err
		}
	}
}

// repeat does something in transactions of trimBatch rows, until one has fewer. It returns how many rows that were.
func (e *Engine) repeat(ctx context.Context, do func(ctx context.Context, b *batch) (int, error)) (int, error) {
	total := 0
	for {
		var n int
		err := e.write(ctx, Needs{}, func(ctx context.Context, b *batch) (err error) {
			n, err = do(ctx, b)
			return err
		})
		if err != nil {
			return total, err
		}
		if total += n; n < trimBatch {
			return total, nil
		}
	}
}
