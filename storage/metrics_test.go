package storage

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestMetrics(t *testing.T) {
	inOffice(t, func(o *office) {
		const slow = 30 * time.Millisecond
		o.paper.gate = make(chan struct{})
		o.paper.begin = func() error {
			time.Sleep(slow) // fake time
			return nil
		}
		reg := prometheus.NewRegistry()
		(&Engine{committer: o.committer}).Register(reg)
		var outcomes []<-chan error
		for n := range 4 {
			outcomes = append(outcomes, o.write(o.Context(), n))
		}
		o.want("waiting behind the first", gather(t, reg)["homeroom_commit_queue"], []float64{3})
		close(o.paper.gate)
		for _, outcome := range outcomes {
			o.want("outcome", <-outcome, nil)
		}
		got := gather(t, reg)
		o.want("waiting in the end", got["homeroom_commit_queue"], []float64{0})
		o.want("transactions and writes", got["homeroom_commit_batch_size"], []float64{2, 4})
		o.want("transactions", got["homeroom_commit_seconds"][0], 2)
		if took := got["homeroom_commit_seconds"][1]; took < 2*slow.Seconds() {
			t.Errorf("they took %v s together, want %v at least", took, 2*slow)
		}
	})
}

// gather is the value of each metric: of a histogram its count and sum.
func gather(t *testing.T, reg *prometheus.Registry) map[string][]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]float64{}
	for _, f := range families {
		m := f.GetMetric()[0]
		if h := m.GetHistogram(); h != nil {
			values[f.GetName()] = []float64{float64(h.GetSampleCount()), h.GetSampleSum()}
		} else {
			values[f.GetName()] = []float64{m.GetGauge().GetValue()}
		}
	}
	return values
}

func TestMetricsAllocateNothing(t *testing.T) {
	m := newMetrics(func() int { return 0 })
	if n := testing.AllocsPerRun(100, func() { m.observe(time.Millisecond, 32) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
