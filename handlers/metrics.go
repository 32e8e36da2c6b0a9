package handlers

import (
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

// goInfo is the metric that tells the version of Go: a list of what to try, for somebody who looks for a way in.
const goInfo = "go_info"

// Metrics serves what a registry has, in Prometheus's formats, but for the version of Go.
func Metrics(registry prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		families, err := registry.Gather()
		return slices.DeleteFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == goInfo }), err
	}), promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}) // which an error would otherwise be told to the caller
}
