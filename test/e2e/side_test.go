package e2e_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"homeroom/test/harness"
)

// ask is a GET of another address than the service's, under the name host if there is one.
func ask(t *testing.T, url, host string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestSide is about profiles and metrics on addresses of their own.
func TestSide(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{Args: []string{"--debug-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"}})
	profiles := "http://" + srv.WaitLog(t, "serving on the side", map[string]string{"what": "profiles"}).Text("addr")
	metrics := "http://" + srv.WaitLog(t, "serving on the side", map[string]string{"what": "metrics"}).Text("addr")

	t.Run("each has its own, and nobody else has it", func(t *testing.T) {
		const heap = "/debug/pprof/heap?debug=1"
		for url, want := range map[string]string{profiles + heap: "heap profile", metrics + "/metrics": "homeroom_streams_open 0"} {
			if status, body := ask(t, url, ""); status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: status %d, %.200s", url, status, body)
			}
		}
		for _, url := range []string{
			srv.URL + heap, metrics + heap, srv.URL + "/debug/pprof/", metrics + "/debug/pprof/", srv.URL + "/debug/pprof/profile?seconds=1",
			profiles + "/metrics", srv.URL + "/metrics", profiles + "/", metrics + "/", metrics + "/healthz",
		} {
			if status, body := ask(t, url, ""); status != http.StatusNotFound {
				t.Errorf("%s: status %d, %.200s", url, status, body)
			}
		}
		srv.With(t, "").Unchecked().Get("/metrics").WantProblem(http.StatusNotFound, "not_found")
	})

	t.Run("a page from elsewhere reaches neither", func(t *testing.T) {
		for _, url := range []string{profiles + "/debug/pprof/cmdline", profiles + "/debug/pprof/", metrics + "/metrics"} {
			for _, host := range []string{"evil.example", "evil.example:6060", "127.0.0.1.evil.example", "localhost.evil.example", "169.254.169.254", "0.0.0.0", "localhost@evil.example"} {
				if status, body := ask(t, url, host); status != http.StatusForbidden {
					t.Errorf("%s as %s: status %d, %.200s", url, host, status, body)
				}
			}
			for _, site := range []string{"cross-site", "same-site"} {
				if status, body := ask(t, url, "", "Sec-Fetch-Site", site); status != http.StatusForbidden {
					t.Errorf("%s, %s: status %d, %.200s", url, site, status, body)
				}
			}
			for _, host := range []string{"localhost", "localhost:6060", "[::1]:6060", "127.0.0.1"} {
				if status, body := ask(t, url, host); status == http.StatusForbidden {
					t.Errorf("%s as %s: status %d, %.200s", url, host, status, body)
				}
			}
		}
	})
}
