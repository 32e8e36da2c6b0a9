package storage

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics measures the committer.
type metrics struct {
	seconds prometheus.Histogram
	size    prometheus.Histogram
	queue   prometheus.GaugeFunc
}

// newMetrics measures a committer whose queue has so many writes waiting.
func newMetrics(waiting func() int) *metrics {
	return &metrics{
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "homeroom_commit_seconds",
			Help:    "Time of a transaction of writes, from its begin until it is on disk or has failed.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}, // up to commitWait
		}),
		size: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "homeroom_commit_batch_size",
			Help:    "Writes in a transaction.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128, batchMost},
		}),
		queue: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "homeroom_commit_queue",
			Help: "Writes that wait for a transaction.",
		}, func() float64 { return float64(waiting()) }),
	}
}

// observe counts a transaction.
func (m *metrics) observe(took time.Duration, writes int) {
	m.seconds.Observe(took.Seconds())
	m.size.Observe(float64(writes))
}

// Register implements [Store].
func (e *Engine) Register(reg prometheus.Registerer) {
	m := e.committer.metrics
	reg.MustRegister(m.seconds, m.size, m.queue)
}
