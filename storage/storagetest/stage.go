package storagetest

import (
	"context"
	"sync"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

// stage is a driver that a test can hold up and make fail, to see what becomes of the writes.
type stage struct {
	storage.Driver
	mu     sync.Mutex // guards all
	begin  func() error
	insert func(m *storage.Message, before int) *storage.Message
	commit func(n int, commit func() error) error
}

// newStaged is a school whose driver is staged.
func newStaged(t *testing.T, open Open, options ...storage.Option) (*school, *stage) {
	t.Helper()
	driver, err := open(t.Context())
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	g := &stage{Driver: driver}
	return newSchoolOn(t, g, options...), g
}

// onBegin is called before each transaction begins. Its error is what Begin returns.
func (g *stage) onBegin(begin func() error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.begin = begin
}

// onInsert may change a message before it is written; before counts those that the transaction has already.
func (g *stage) onInsert(insert func(m *storage.Message, before int) *storage.Message) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.insert = insert
}

// onCommit is called instead of each commit of n events, which it may carry out.
func (g *stage) onCommit(commit func(n int, commit func() error) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.commit = commit
}

// holdNext holds up the next transaction, before it begins, until it is released; entered is closed when it is there.
func (g *stage) holdNext() (entered <-chan struct{}, release func()) {
	at, gate := make(chan struct{}), make(chan struct{})
	var first sync.Once
	g.onBegin(func() error {
		first.Do(func() {
			close(at)
			<-gate
		})
		return nil
	})
	return at, sync.OnceFunc(func() { close(gate) })
}

// Begin implements [storage.Driver].
func (g *stage) Begin(ctx context.Context, needs storage.Needs) (storage.Tx, *storage.Rows, error) {
	g.mu.Lock()
	begin := g.begin
	g.mu.Unlock()
	if begin != nil {
		if err := begin(); err != nil {
			return nil, nil, err
		}
	}
	tx, rows, err := g.Driver.Begin(ctx, needs)
	if err != nil {
		return nil, nil, err
	}
	return &stagedTx{Tx: tx, stage: g}, rows, nil
}

type stagedTx struct {
	storage.Tx
	stage  *stage
	before int
}

// InsertMessage implements [storage.Tx].
func (t *stagedTx) InsertMessage(ctx context.Context, m *storage.Message) error {
	t.stage.mu.Lock()
	insert := t.stage.insert
	t.stage.mu.Unlock()
	if insert != nil {
		m = insert(m, t.before)
	}
	t.before++
	return t.Tx.InsertMessage(ctx, m)
}

// Commit implements [storage.Tx].
func (t *stagedTx) Commit(ctx context.Context, evs []events.Event, heads map[events.Channel]int64) error {
	t.stage.mu.Lock()
	commit := t.stage.commit
	t.stage.mu.Unlock()
	if commit == nil {
		return t.Tx.Commit(ctx, evs, heads)
	}
	return commit(len(evs), func() error { return t.Tx.Commit(ctx, evs, heads) })
}
