package load

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// glance is the time between two looks at whether all have come as far as is waited for.
const glance = 20 * time.Millisecond

// trial is one run of the generator.
type trial struct {
	cfg   Config
	name  string // part of the ids of users and of the names of classes
	begun time.Time

	api     *api
	wire    wire
	classes []*class
	readers []*reader
	turn    atomic.Int64 // of the classes
	gate    gate
	storm   storm
	calm    chan struct{} // closed when slow readers are to read

	tally  tally
	faults faults
	phase  atomic.Pointer[string]

	posting time.Duration // how long it took

	mu        sync.Mutex // guards openError
	openError error      // the last one
}

// newTrial prepares a trial; cfg has been checked.
func newTrial(cfg Config) (*trial, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, err
	}
	t := &trial{
		cfg: cfg, name: "load-" + id.String()[:8], begun: time.Now(),
		api: newAPI(cfg.URL, cfg.Posters), calm: make(chan struct{}),
	}
	d := &dialer{addresses: cfg.Addresses, bytes: &t.tally.bytes}
	if cfg.Client == ClientOwn {
		t.wire = &ownWire{base: base, dialer: d}
	} else {
		t.wire = newLibraryWire(cfg.URL, d)
	}
	return t, nil
}

// now is the time since the trial began, in nanoseconds.
func (t *trial) now() int64 { return int64(time.Since(t.begun)) }

// enter names the phase that begins.
func (t *trial) enter(phase string) { t.phase.Store(&phase) }

// Run makes a trial. When ctx ends it stops posting, and goes on to the report. An error says that there was no
// trial; what a trial found is in the report.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	t, err := newTrial(cfg)
	if err != nil {
		return nil, err
	}
	t.enter("making classes and members")
	stop := t.showProgress()
	defer stop()
	var report *Report
	if err = t.furnish(ctx); err == nil {
		report, err = t.measure(ctx)
	}
	if ctx.Err() != nil && report == nil {
		err = errors.New("ended before the first post")
	}
	if !cfg.Keep {
		t.enter("deleting the classes")
		err = errors.Join(err, t.cleanUp(ctx))
	}
	return report, err
}

// measure opens the streams, posts, and sees to it that everybody gets everything.
func (t *trial) measure(ctx context.Context) (*Report, error) {
	streams, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	var reading sync.WaitGroup
	defer reading.Wait()
	defer hangUp()
	t.enter("opening streams")
	if err := t.open(ctx, streams, &reading); err != nil {
		return nil, err
	}
	t.enter("posting")
	t.post(ctx)
	t.enter("settling")
	close(t.calm)
	t.settle(streams)
	if t.cfg.Storm && ctx.Err() == nil {
		t.enter("storm")
		t.storm.run(ctx, t)
		t.settle(streams)
	}
	hangUp()
	reading.Wait()
	t.findLost()
	return t.report(), nil
}

// post posts for the time of the trial, while connections are cut.
func (t *trial) post(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, t.cfg.Duration)
	defer cancel()
	var cutting sync.WaitGroup
	defer cutting.Wait()
	defer cancel()
	cutting.Go(func() { t.cutAtRandom(ctx) })
	posts := &posting{trial: t, rate: t.cfg.Rate, most: t.cfg.Posts}
	begun := time.Now()
	posts.post(ctx)
	t.posting = time.Since(begun)
	t.tally.postedInTime, t.tally.deliveredInTime = t.tally.posted.Load(), t.tally.delivered.Load()
}

// settle waits until everybody has seen the last post, within the bound.
func (t *trial) settle(ctx context.Context) {
	done := 0
	t.await(ctx, func() bool {
		for ; done < len(t.readers); done++ {
			if r := t.readers[done]; r.reached.Load() < r.class.head.Load() {
				return false
			}
		}
		return true
	})
}

// await waits for a condition, within the bound of settling.
func (t *trial) await(ctx context.Context, condition func() bool) {
	ctx, cancel := context.WithTimeout(ctx, t.cfg.Settle)
	defer cancel()
	for !condition() && sleep(ctx, glance) {
	}
}

// findLost counts what readers lack. They have ended.
func (t *trial) findLost() {
	for _, r := range t.readers {
		if n, first := r.verifier.missing(r.class.head.Load()); n > 0 {
			t.faults.lost.Add(n)
			t.faults.add(nil, r.fault("lacks %d events up to %d; the first is %d", n, r.class.head.Load(), first))
		}
	}
}
