package load

import (
	"sync"
	"sync/atomic"
)

// maxFaults is how many are told in full.
const maxFaults = 10

// faults are what went wrong. Any goroutine may add to them.
type faults struct {
	lost, doubled, late, wrong, unposted, refused atomic.Int64

	mu    sync.Mutex // guards first
	first []string
}

// add counts a fault, and keeps the first ones for the report. A nil kind is not counted yet.
func (f *faults) add(kind *atomic.Int64, err error) {
	if kind != nil {
		kind.Add(1)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.first) < maxFaults {
		f.first = append(f.first, err.Error())
	}
}

// told are the first ones, in words.
func (f *faults) told() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.first...)
}

// sum is how many there are.
func (f *faults) sum() int64 {
	return f.lost.Load() + f.doubled.Load() + f.late.Load() + f.wrong.Load() + f.unposted.Load() + f.refused.Load()
}
