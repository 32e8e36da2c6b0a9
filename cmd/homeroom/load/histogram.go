package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	histogramUnit   = time.Microsecond
	histogramMost   = 10 * time.Minute // longer times count as this
	histogramDigits = 3                // significant ones: within a thousandth
	histogramShards = 8                // so that readers on different cores seldom wait for one another
)

// histogram counts times, in memory that doesn't grow. Any goroutine may use it.
type histogram struct {
	shards [histogramShards]struct {
		mu sync.Mutex // guards h
		h  *hdrhistogram.Histogram
	}
}

// record counts a time of nanoseconds. Who names the caller: the same one always counts in the same shard.
func (h *histogram) record(who int, ns int64) {
	s := &h.shards[who%histogramShards]
	value := min(max(time.Duration(ns), histogramUnit), histogramMost)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.h == nil {
		s.h = newHistogram()
	}
	_ = s.h.RecordValue(int64(value / histogramUnit)) // it is in range
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(histogramMost/histogramUnit), histogramDigits)
}

// percentiles sums the shards up.
func (h *histogram) percentiles() Percentiles {
	sum := newHistogram()
	for i := range h.shards {
		s := &h.shards[i]
		s.mu.Lock()
		if s.h != nil {
			sum.Merge(s.h)
		}
		s.mu.Unlock()
	}
	at := func(percent float64) float64 { return milliseconds(sum.ValueAtQuantile(percent)) }
	return Percentiles{
		Count: sum.TotalCount(), P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: milliseconds(sum.Max()),
	}
}

// milliseconds turns a histogram's value into milliseconds.
func milliseconds(value int64) float64 {
	return float64(value) * float64(histogramUnit) / float64(time.Millisecond)
}

// Percentiles are a histogram in a report, in milliseconds.
type Percentiles struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p99_9"`
	Max   float64 `json:"max"`
}
