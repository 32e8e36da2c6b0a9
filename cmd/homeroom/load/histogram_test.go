package load

import (
	"math"
	"sync"
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	var h histogram
	var recording sync.WaitGroup
	for who := range 20 {
		recording.Go(func() {
			for ms := who; ms < 1000; ms += 20 {
				h.record(who, int64(time.Duration(ms+1)*time.Millisecond))
			}
		})
	}
	recording.Wait()
	got := h.percentiles()
	for _, tt := range []struct {
		name      string
		got, want float64
	}{{"p50", got.P50, 500}, {"p90", got.P90, 900}, {"p99", got.P99, 990}, {"p99.9", got.P999, 999}, {"max", got.Max, 1000}} {
		if math.Abs(tt.got-tt.want) > tt.want/500 {
			t.Errorf("%s is %v ms, want %v", tt.name, tt.got, tt.want)
		}
	}
	if got.Count != 1000 {
		t.Errorf("count %d", got.Count)
	}

	t.Run("what is out of range counts at its end", func(t *testing.T) {
		var h histogram
		h.record(0, -5)
		h.record(1, int64(time.Hour))
		if got := h.percentiles(); got.Count != 2 || math.Abs(got.Max-float64(histogramMost.Milliseconds())) > got.Max/500 {
			t.Errorf("got %+v", got)
		}
	})

	t.Run("without any it is all zero", func(t *testing.T) {
		var h histogram
		if got := h.percentiles(); got != (Percentiles{}) {
			t.Errorf("got %+v", got)
		}
	})
}
