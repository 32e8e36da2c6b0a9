package events

import "github.com/prometheus/client_golang/prometheus"

// metrics counts what the hub does. No label carries a user or a class.
type metrics struct {
	open      prometheus.Gauge
	opened    prometheus.Counter
	closed    *prometheus.CounterVec
	delivered prometheus.Counter
	bytes     prometheus.Counter
	writes    prometheus.Counter
	blocked   prometheus.Gauge
	fanout    prometheus.Histogram
	replays   *prometheus.CounterVec
	logReads  *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "homeroom_streams_open", Help: "Streams and long polls that are open.",
		}),
		opened: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "homeroom_streams_opened_total", Help: "Streams and long polls that were opened.",
		}),
		closed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "homeroom_streams_closed_total", Help: "Streams that ended, by reason.",
		}, []string{"reason"}),
		delivered: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "homeroom_events_delivered_total", Help: "Logged events that were sent to streams.",
		}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "homeroom_stream_bytes_total", Help: "Bytes written to streams.",
		}),
		writes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "homeroom_stream_writes_total", Help: "Writes to streams, each of one or more frames.",
		}),
		blocked: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "homeroom_streams_blocked", Help: "Streams whose connection takes no more for now.",
		}),
		fanout: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "homeroom_fanout_seconds",
			Help:    "Time from when the first of a round of streams has something to send until all have been written to.",
			Buckets: prometheus.ExponentialBuckets(25e-6, 4, 10), // to 6.5 s
		}),
		replays: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "homeroom_replays_total", Help: "Steps of bringing a stream up to date, by what served them: ring or log.",
		}, []string{"source"}),
		logReads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "homeroom_log_reads_total", Help: "Questions to the log by the hub, by kind: load, heads or read.",
		}, []string{"kind"}),
	}
	if reg != nil {
		reg.MustRegister(m.open, m.opened, m.closed, m.delivered, m.bytes, m.writes, m.blocked, m.fanout, m.replays, m.logReads)
	}
	return m
}
