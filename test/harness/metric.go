package harness

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// Metric is what the server exports under a name, with its labels if it has any; 0 if there is no such series.
func (s *Server) Metric(tb testing.TB, series string) float64 {
	tb.Helper()
	for line := range strings.Lines(string(s.With(tb, "").Get("/metrics").Want(http.StatusOK).Body)) {
		if text, found := strings.CutPrefix(line, series+" "); found {
			value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil {
				tb.Fatalf("%s: %v", series, err)
			}
			return value
		}
	}
	return 0
}
