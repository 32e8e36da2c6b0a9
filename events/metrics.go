package events

import "github.com/prometheus/client_golang/prometheus"

// metrics counts what the hub does. No label carries a user or a class.
type metrics struct {
	open       prometheus.Gauge
	opened     prometheus.Counter
	closed     *prometheus.CounterVec
	refused    *prometheus.CounterVec
	delivered  prometheus.Counter
	bytes      prometheus.Counter
	writes     prometheus.Counter
	blocked    prometheus.Gauge
	fanout     prometheus.Histogram
	revocation *prometheus.HistogramVec
	replays    *prometheus.CounterVec
	logReads   *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer, h *Hub) *metrics {
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
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "homeroom_streams_refused_total", Help: "Streams that were turned away for a reason that passes, by reason.",
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
		revocation: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "homeroom_revocation_seconds",
			Help:    "Time from what ends a stream (a removal, a deletion, a revocation, an expiry, a kick) until its last frame has been written, by reason.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, .75, 1, 2.5, 10}, // 1 is what is promised
		}, []string{"reason"}),
		replays: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "homeroom_replays_total", Help: "Steps of bringing a stream up to date, by what served them: ring or log.",
		}, []string{"source"}),
		logReads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "homeroom_log_reads_total", Help: "Questions to the log by the hub, by kind: load, heads, read, preferences or revocations.",
		}, []string{"kind"}),
	}
	for _, reason := range []Reason{ReasonCrowded, ReasonOverloaded, ReasonShutdown, ReasonTooMany, ReasonUnavailable} {
		m.refused.WithLabelValues(string(reason)) // there from the start: what appears with its first count has no rate then
	}
	for _, reason := range []Reason{ReasonRemoved, ReasonClassDeleted, ReasonSessionRevoked, ReasonTokenExpired, ReasonKicked, ReasonSlowReader} {
		m.revocation.WithLabelValues(string(reason))
	}
	if reg != nil {
		reg.MustRegister(m.open, m.opened, m.closed, m.refused, m.delivered, m.bytes, m.writes, m.blocked, m.fanout, m.revocation, m.replays, m.logReads)
		reg.MustRegister(h.gauges()...)
	}
	return m
}

// gauges are looked up when somebody asks for them.
func (h *Hub) gauges() []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "homeroom_stream_queue_frames", Help: "Frames that wait to be sent, of all streams.",
		}, func() float64 {
			frames := 0
			h.eachStream(func(s *Stream) { frames += s.waiting() })
			return float64(frames)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "homeroom_memory_bytes", Help: "Memory that the process has from the system, as HOMEROOM_MEMORY_LIMIT counts it.",
		}, func() float64 { return float64(h.cfg.MemoryUsed()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "homeroom_memory_limit_bytes", Help: "Memory above which new streams are turned away; 0: any.",
		}, func() float64 { return float64(h.cfg.MemoryLimit) }),
	}
}

// Refused counts a stream that was turned away.
func (h *Hub) Refused(reason Reason) { h.metrics.refused.WithLabelValues(string(reason)).Inc() }
