package storage

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"homeroom/storage/spam"
)

// metrics measures the committer.
type metrics struct {
	seconds prometheus.Histogram
	size    prometheus.Histogram
	queue   prometheus.GaugeFunc
	held    *prometheus.CounterVec
}

// pausedLabel stands for a reason where it was a pause that went on.
const pausedLabel = "paused"

// newMetrics measures a committer whose queue has so many writes waiting.
func newMetrics(waiting func() int) *metrics {
	m := &metrics{
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
		held: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "homeroom_messages_held_total",
			Help: "Messages and edits that were held back as they looked like spam, by reason; \"paused\": during the pause after that.",
		}, []string{"reason"}),
	}
	m.held.WithLabelValues(pausedLabel)
	for _, reason := range spam.Reasons {
		m.held.WithLabelValues(string(reason))
	}
	return m
}

// refuse counts what was held back.
func (m *metrics) refuse(reasons []string) {
	for _, reason := range reasons {
		m.held.WithLabelValues(reason).Inc()
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
	reg.MustRegister(m.seconds, m.size, m.queue, m.held)
}
