package main

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"homeroom/handlers"
)

// metricsFlags say where metrics are served.
type metricsFlags struct {
	MetricsAddr string `env:"HOMEROOM_METRICS_ADDR" placeholder:"HOST:PORT" help:"Another address for /metrics, which is then not served on HOMEROOM_ADDR: for a service that faces the internet."`
}

// startMetrics serves metrics on an address of their own. With addr "" it does nothing.
func startMetrics(addr string, registry *prometheus.Registry, log *slog.Logger) (*sideServer, error) {
	if addr == "" {
		return nil, nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", handlers.Metrics(registry))
	return startSide("metrics", "HOMEROOM_METRICS_ADDR", addr, mux, log)
}
