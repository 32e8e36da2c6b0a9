package events

import "github.com/prometheus/client_golang/prometheus"

// metrics counts what the hub does. No label carries a user or a class.
type metrics struct {
	open      prometheus.Gauge
	opened    prometheus.Counter
	closed    *prometheus.CounterVec
	delivered prometheus.Counter
	bytes     prometheus.Counter
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
			Name: "homeroom_events_delivered_total", Help: "Logged events sent by streams that have ended.",
		}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "homeroom_stream_bytes_total", Help: "Bytes written to streams.",
		}),
		replays: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "homeroom_replays_total", Help: "Steps of bringing a stream up to date, by what served them: ring or log.",
		}, []string{"source"}),
		logReads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "homeroom_log_reads_total", Help: "Questions to the log by the hub, by kind: load, heads or read.",
		}, []string{"kind"}),
	}
	if reg != nil {
		reg.MustRegister(m.open, m.opened, m.closed, m.delivered, m.bytes, m.replays, m.logReads)
	}
	return m
}
