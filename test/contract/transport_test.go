package contract

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// roundTripper answers without a server.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// recorder is a test that remembers its failures instead of failing.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// send passes an answer with the given body through a checking transport.
func send(t *testing.T, a answer, body io.ReadCloser) (*http.Response, *recorder) {
	t.Helper()
	req, resp := a.exchange(t)
	resp.Body = body
	rec := &recorder{TB: t}
	got, err := Load(t).Transport(rec, roundTripper(func(*http.Request) (*http.Response, error) {
		return resp, nil
	})).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return got, rec
}

func TestTransport(t *testing.T) {
	health := answer{"GET /healthz", 200, []string{isJSON}, `{"status":"ok"}`}
	sick := answer{"GET /healthz", 200, []string{isJSON}, `{"status":"sick"}`}
	stream := answer{"GET " + classPath + "/stream", 200, []string{"Content-Type: text/event-stream", "Cache-Control: no-store, no-transform"}, ""}

	for name, tc := range map[string]struct {
		answer
		failures int
	}{
		"a response that keeps the contract":    {health, 0},
		"a response that breaks it":             {sick, 1},
		"a problem that breaks it":              {answer{"GET " + classPath, 404, []string{isProblem}, `{}`}, 1},
		"an undocumented operation":             {answer{"GET /nothing", 200, []string{isJSON}, `{}`}, 1},
		"a redirect":                            {answer{"GET /", 302, []string{"Location: /page"}, ""}, 1},
		"a preflight, which is in no contract":  {answer{"OPTIONS /v1/classes", 204, nil, ""}, 0},
		"HEAD, which is in no contract":         {answer{"HEAD /healthz", 405, nil, ""}, 0},
		"a stream on a path that has none":      {answer{"GET /healthz", 200, []string{"Content-Type: text/event-stream"}, ""}, 1},
		"a stream with a status that is none's": {answer{"GET " + classPath + "/stream", 503, []string{"Content-Type: text/event-stream"}, ""}, 1},
		"a stream without one of its headers":   {answer{"GET " + classPath + "/stream", 200, []string{"Content-Type: text/event-stream"}, ""}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			resp, rec := send(t, tc.answer, io.NopCloser(strings.NewReader(tc.body)))
			if len(rec.failures) != tc.failures {
				t.Errorf("%d failures, want %d: %q", len(rec.failures), tc.failures, rec.failures)
			}
			if body, err := io.ReadAll(resp.Body); string(body) != tc.body || err != nil {
				t.Errorf("the caller reads %q, %v; want %q", body, err, tc.body)
			}
		})
	}

	t.Run("the body of a stream passes untouched", func(t *testing.T) {
		endless, writer := io.Pipe() // reading it here would never end
		defer writer.Close()
		resp, rec := send(t, stream, endless)
		if resp.Body != io.ReadCloser(endless) {
			t.Error("the body was replaced")
		}
		if len(rec.failures) > 0 {
			t.Errorf("failures: %q", rec.failures)
		}
	})
	t.Run("a body that breaks off reaches the caller as it is", func(t *testing.T) {
		cut := errors.New("connection reset")
		resp, rec := send(t, health, io.NopCloser(io.MultiReader(strings.NewReader(`{"sta`), brokenReader{cut})))
		body, err := io.ReadAll(resp.Body)
		if string(body) != `{"sta` || !errors.Is(err, cut) {
			t.Errorf("the caller reads %q, %v", body, err)
		}
		if len(rec.failures) > 0 {
			t.Errorf("failures: %q", rec.failures)
		}
	})
	t.Run("an error of the base is the caller's", func(t *testing.T) {
		refused := errors.New("connection refused")
		rec := &recorder{TB: t}
		req, _ := health.exchange(t)
		_, err := Load(t).Transport(rec, roundTripper(func(*http.Request) (*http.Response, error) {
			return nil, refused
		})).RoundTrip(req)
		if !errors.Is(err, refused) || len(rec.failures) > 0 {
			t.Errorf("error %v, failures %q", err, rec.failures)
		}
	})
	t.Run("the failure says what came", func(t *testing.T) {
		_, rec := send(t, sick, io.NopCloser(strings.NewReader(sick.body)))
		if len(rec.failures) != 1 {
			t.Fatalf("failures: %q", rec.failures)
		}
		for _, want := range []string{"GET /healthz", "200", "/status", "sick"} {
			if !strings.Contains(rec.failures[0], want) {
				t.Errorf("%q is not in %q", want, rec.failures[0])
			}
		}
	})
}
