package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"homeroom/events"
)

// paper is a driver that only notes what becomes of each transaction. Begin waits at gate, if there is one.
type paper struct {
	Driver
	gate   chan struct{}
	begin  func() error
	commit func([]events.Event) error
	tried  [][]string // the data of the events of each transaction that came as far as its commit
}

func (p *paper) Begin(context.Context, Needs) (Tx, *Rows, error) {
	if p.gate != nil {
		<-p.gate
	}
	if p.begin != nil {
		if err := p.begin(); err != nil {
			return nil, nil, err
		}
	}
	return &paperTx{paper: p}, NewRows(), nil
}

type paperTx struct {
	Tx
	paper *paper
}

func (t *paperTx) Commit(_ context.Context, evs []events.Event, _ map[events.Channel]int64) error {
	var data []string
	for _, e := range evs {
		data = append(data, string(e.Data))
	}
	t.paper.tried = append(t.paper.tried, data)
	if t.paper.commit != nil {
		return t.paper.commit(evs)
	}
	return nil
}

func (t *paperTx) Rollback() {}

// office is a committer on paper, in a bubble of fake time.
type office struct {
	*testing.T
	paper     *paper
	committer *committer
	published []string
}

func inOffice(t *testing.T, story func(*office)) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{T: t, paper: &paper{}}
		o.committer = newCommitter(o.paper, events.Now)
		o.committer.publish = func(evs []events.Event) {
			for _, e := range evs {
				o.published = append(o.published, string(e.Data))
			}
		}
		story(o)
		o.committer.close()
	})
}

// write submits a change that adds an event with a number, and waits until nothing moves any more.
func (o *office) write(ctx context.Context, n int) <-chan error {
	outcome := make(chan error, 1)
	go func() {
		outcome <- o.committer.submit(ctx, Needs{}, func(_ context.Context, b *batch) error {
			return b.append(events.MessageCreated, "class", Principal{}, n)
		})
	}()
	synctest.Wait()
	return outcome
}

func (o *office) want(what string, got, want any) {
	o.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		o.Errorf("%s: %v, want %v", what, got, want)
	}
}

var (
	errAway  = fmt.Errorf("%w: away", ErrUnavailable)
	errOdd   = errors.New("odd")
	numbered = func(from, to int) (data []string) {
		for n := from; n < to; n++ {
			data = append(data, fmt.Sprint(n))
		}
		return data
	}
)

func TestCommitter(t *testing.T) {
	t.Run("what waits is carried out in one transaction, in order", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.paper.gate = make(chan struct{})
			var outcomes []<-chan error
			for n := range 1 + batchMost + 3 {
				outcomes = append(outcomes, o.write(o.Context(), n))
			}
			close(o.paper.gate)
			for _, outcome := range outcomes {
				o.want("outcome", <-outcome, nil)
			}
			o.want("transactions", o.paper.tried, [][]string{{"0"}, numbered(1, 1+batchMost), numbered(1+batchMost, 1+batchMost+3)})
			o.want("published", o.published, numbered(0, 1+batchMost+3))
		})
	})

	t.Run("a lone write is carried out at once", func(t *testing.T) {
		inOffice(t, func(o *office) {
			began := time.Now()
			o.want("outcome", <-o.write(o.Context(), 0), nil)
			o.want("time", time.Since(began), time.Duration(0))
		})
	})

	t.Run("of a transaction that failed each write is tried on its own", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.paper.gate = make(chan struct{})
			o.paper.commit = func(evs []events.Event) error {
				if slices.ContainsFunc(evs, func(e events.Event) bool { return string(e.Data) == "2" }) {
					return errOdd
				}
				return nil
			}
			var outcomes []<-chan error
			for n := range 4 {
				outcomes = append(outcomes, o.write(o.Context(), n))
			}
			close(o.paper.gate)
			for n, outcome := range outcomes {
				o.want(fmt.Sprint("outcome of ", n), <-outcome, map[int]error{2: errOdd}[n])
			}
			o.want("transactions", o.paper.tried, [][]string{{"0"}, {"1", "2", "3"}, {"1"}, {"2"}, {"3"}})
			o.want("published", o.published, []string{"0", "1", "3"})
		})
	})

	t.Run("one that fails alone has a second try", func(t *testing.T) {
		inOffice(t, func(o *office) {
			failures := 1
			o.paper.commit = func([]events.Event) error {
				if failures--; failures >= 0 {
					return errOdd // as when another process made the same new channel
				}
				return nil
			}
			o.want("outcome", <-o.write(o.Context(), 0), nil)
			failures = 2
			o.want("outcome", <-o.write(o.Context(), 1), errOdd)
			o.want("published", o.published, []string{"0"})
		})
	})

	t.Run("nothing is tried again while the database is away", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.paper.commit = func([]events.Event) error { return errAway }
			o.want("outcome", <-o.write(o.Context(), 0), errAway)
			o.want("transactions", o.paper.tried, [][]string{{"0"}})
			o.want("published", o.published, []string(nil))
		})
	})

	t.Run("when it goes away between tries, those left hear of it", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.paper.gate = make(chan struct{})
			o.paper.commit = func(evs []events.Event) error {
				switch {
				case len(evs) > 1:
					return errOdd
				case string(evs[0].Data) == "2":
					return errAway
				}
				return nil
			}
			var outcomes []<-chan error
			for n := range 5 {
				outcomes = append(outcomes, o.write(o.Context(), n))
			}
			close(o.paper.gate)
			for n, outcome := range outcomes {
				o.want(fmt.Sprint("outcome of ", n), <-outcome, map[int]error{2: errAway, 3: errAway, 4: errAway}[n])
			}
			o.want("transactions", o.paper.tried, [][]string{{"0"}, {"1", "2", "3", "4"}, {"1"}, {"2"}})
		})
	})

	t.Run("a database that doesn't answer is asked once for all who wait", func(t *testing.T) {
		inOffice(t, func(o *office) {
			const hang = 5 * time.Second
			began := time.Now()
			o.paper.begin = func() error {
				time.Sleep(hang) // fake time
				return errAway
			}
			var outcomes []<-chan error
			for n := range 3 * batchMost {
				outcomes = append(outcomes, o.write(o.Context(), n))
			}
			for _, outcome := range outcomes {
				o.want("outcome", <-outcome, errAway)
			}
			o.want("time", time.Since(began), hang)
		})
	})

	t.Run("who gives up in the queue is not carried out", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.paper.gate = make(chan struct{})
			first := o.write(o.Context(), 0)
			ctx, giveUp := context.WithCancel(o.Context())
			second := o.write(ctx, 1)
			third := o.write(o.Context(), 2)
			giveUp()
			o.want("outcome", <-second, context.Canceled)
			close(o.paper.gate)
			o.want("outcomes", []error{<-first, <-third}, []error{nil, nil})
			o.want("published", o.published, []string{"0", "2"})
		})
	})

	t.Run("closing carries out what waits", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.paper.gate = make(chan struct{})
			var outcomes []<-chan error
			for n := range 3 {
				outcomes = append(outcomes, o.write(o.Context(), n))
			}
			closed := make(chan struct{})
			go func() { o.committer.close(); close(closed) }()
			synctest.Wait()
			o.want("outcome of one who comes too late", <-o.write(o.Context(), 3), ErrClosed)
			close(o.paper.gate)
			<-closed
			for _, outcome := range outcomes {
				o.want("outcome", <-outcome, nil)
			}
			o.want("published", o.published, numbered(0, 3))
		})
	})
}
