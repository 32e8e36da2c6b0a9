package e2e_test

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"

	"homeroom/test/harness"
)

// metricName is a metric in an expression or a text.
var metricName = regexp.MustCompile(`\b(homeroom|go|process)_[a-z0-9_]+\b`)

// TestMetrics holds what a running binary exports, the dashboard and the page
// for operators to each other.
func TestMetrics(t *testing.T) {
	t.Parallel()
	keys := harness.NewIssuer(t, harness.NewKey(t, jwa.EdDSA, "only")) // so that there is all that can be measured
	r := openRoom(t, harness.Options{Env: []string{"HOMEROOM_JWKS=" + keys.URL}})
	stream := r.as(t, dora).Stream(r.class)
	cursor := stream.Ready().ID
	r.as(t, ben).Post(r.class, "something to count")
	stream.Event()
	stream.Cut()
	r.as(t, dora).Stream(r.class, harness.From(cursor)).Event() // a replay
	r.srv.WaitLog(t, "stream closed", nil)
	series := exported(string(r.srv.With(t, "").Get("/metrics").Want(http.StatusOK).Body))

	t.Run("the dashboard shows only what there is", func(t *testing.T) {
		wantExported(t, series, dashboardMetrics(t))
	})
	page := readText(t, "../../docs/operations.md")
	t.Run("the page for operators names only what there is", func(t *testing.T) {
		wantExported(t, series, metricName.FindAllString(page, -1))
	})
	t.Run("all of our own is in both", func(t *testing.T) {
		dashboard := strings.Join(dashboardMetrics(t), "\n")
		for _, name := range slices.Sorted(slices.Values(series)) {
			if base := family(name); strings.HasPrefix(name, "homeroom_") && (!strings.Contains(page, base) || !strings.Contains(dashboard, base)) {
				t.Errorf("%s is not on both", base)
			}
		}
	})
}

// wantExported reports names that are not exported.
func wantExported(t *testing.T, series, names []string) {
	t.Helper()
	if len(names) < 10 {
		t.Fatalf("only %q: the look for names must be wrong", names)
	}
	for _, name := range names {
		if !slices.ContainsFunc(series, func(s string) bool { return s == name || family(s) == name }) {
			t.Errorf("%s is not exported", name)
		}
	}
}

// exported are the names of a page of metrics in Prometheus's text format.
func exported(text string) (names []string) {
	for line := range strings.Lines(text) {
		if name := metricName.FindString(line); strings.HasPrefix(line, name) && name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// family is the metric that a series belongs to: of a histogram there are three.
func family(series string) string {
	for _, part := range []string{"_bucket", "_sum", "_count"} {
		series = strings.TrimSuffix(series, part)
	}
	return series
}

// dashboardMetrics are the metrics that the dashboard's panels and variables ask for.
func dashboardMetrics(t *testing.T) []string {
	t.Helper()
	var dashboard struct {
		Panels []struct {
			Targets []struct{ Expr string }
		}
		Templating struct {
			List []struct{ Definition string }
		}
	}
	if err := json.Unmarshal([]byte(readText(t, "../../docs/grafana.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			names = append(names, metricName.FindAllString(target.Expr, -1)...)
		}
	}
	for _, variable := range dashboard.Templating.List {
		names = append(names, metricName.FindAllString(variable.Definition, -1)...)
	}
	return names
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
