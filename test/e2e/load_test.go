package e2e_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"homeroom/test/harness"
)

// loadReport is what homeroom load says with --json, as far as the stories need it.
type loadReport struct {
	OK     bool
	Client string
	Posts  struct{ Made, Failed int64 }

	Deliveries struct {
		Events  int64
		Latency struct{ Count int64 } `json:"latency_ms"`
	}
	Connections struct {
		Cut, Dropped, Reconnected, Stalls, Resyncs int64
		DroppedSlow                                int64 `json:"dropped_slow"`
	}
	Storm *struct{ Streams, Back int64 }

	Lost, Doubled, Wrong int64
	OutOfOrder           int64 `json:"out_of_order"`
	Faults               []string
}

// loadEnv has the secret that the servers of the suites have.
var loadEnv = []string{"HOMEROOM_JWT_SECRET=" + harness.Secret}

// runLoad puts load on a service, and returns the report and the exit code.
func runLoad(t *testing.T, address string, args ...string) (loadReport, int) {
	t.Helper()
	result := harness.Run(t, loadEnv, append([]string{"load", "--json", "--url", address, "--settle", "80s"}, args...)...)
	return parseLoad(t, result.Stdout, result.Stderr), result.Code
}

func parseLoad(t *testing.T, stdout string, stderr []string) loadReport {
	t.Helper()
	var report loadReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatalf("no report: %v; stdout %q; stderr:\n%s", err, stdout, strings.Join(stderr, "\n"))
	}
	return report
}

// checkSound fails the test unless the load found everything right.
func (r loadReport) checkSound(t *testing.T, code int) {
	t.Helper()
	if code != 0 || !r.OK || r.Lost+r.Doubled+r.OutOfOrder+r.Wrong+r.Posts.Failed > 0 || len(r.Faults) > 0 {
		t.Errorf("exit code %d; report %+v", code, r)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	const streams, classes, posts, inStorm = 24, 3, 300, 5
	harness.EachDatabase(t, func(t *testing.T, db string) {
		for _, story := range []struct {
			what   string
			server []string
			args   []string
			client string
			check  func(loadReport) bool
		}{
			{
				"readers that stall are cut, and come back for everything",
				[]string{"--queue", "32"},
				[]string{"--slow", "0.25", "--stall", "10m", "--size", "4000", "--rate", "0", "--client", "own"},
				"own", func(r loadReport) bool { return r.Connections.Stalls > 0 && r.Connections.DroppedSlow > 0 },
			},
			{
				"readers whose connections are cut come back for everything",
				nil,
				[]string{"--cut", "60", "--rate", "150"}, // a cut every 40 ms for at least 2 s
				"r3labs", func(r loadReport) bool { return r.Connections.Cut > streams },
			},
		} {
			t.Run(story.what, func(t *testing.T) {
				srv := harness.Start(t, harness.Options{Database: db, Args: append([]string{"--retry", "100ms"}, story.server...)})
				report, code := runLoad(t, srv.URL, append(story.args,
					"--streams", "24", "--classes", "3", "--posts", "300", "--duration", "10m", "--storm")...)
				report.checkSound(t, code)
				if want := int64(posts + classes*inStorm); report.Posts.Made != want {
					t.Errorf("%d posts, want %d", report.Posts.Made, want)
				}
				if want := int64(streams * (posts/classes + inStorm)); report.Deliveries.Events != want {
					t.Errorf("%d deliveries, want %d", report.Deliveries.Events, want)
				}
				if report.Storm == nil || report.Storm.Streams != streams || report.Storm.Back != streams {
					t.Errorf("of %d streams after the storm: %+v", streams, report.Storm)
				}
				if report.Client != story.client || report.Deliveries.Latency.Count == 0 || !story.check(report) {
					t.Errorf("the story did not happen: %+v", report)
				}
			})
		}
	})
}

// tampering is a proxy that tampers with one stream: that which has a post first.
type tampering struct {
	victim  string // what the post's event contains
	tamper  func(event, next string) string
	done    atomic.Bool
	classes chan string // id of every class that was seen
}

var classInPath = regexp.MustCompile(`^/v1/classes/([^/]+)/stream$`)

// start runs the proxy before a service.
func (p *tampering) start(t *testing.T, service string) *httptest.Server {
	t.Helper()
	target, err := url.Parse(service)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1
	proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // readers go in the middle of streams
	proxy.ModifyResponse = func(resp *http.Response) error {
		if match := classInPath.FindStringSubmatch(resp.Request.URL.Path); match != nil {
			p.classes <- match[1]
			resp.Body = p.stream(resp.Body)
		}
		return nil
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server
}

// stream passes a stream on, block by block.
func (p *tampering) stream(body io.ReadCloser) io.ReadCloser {
	blocks := bufio.NewReader(body)
	next := func() (string, error) {
		var block strings.Builder
		for {
			line, err := blocks.ReadString('\n')
			block.WriteString(line)
			if line == "\n" || err != nil {
				return block.String(), err
			}
		}
	}
	out, in := io.Pipe()
	go func() {
		for {
			block, err := next()
			if err == nil && strings.Contains(block, p.victim) && p.done.CompareAndSwap(false, true) {
				var after string
				after, err = next()
				block = p.tamper(block, after)
			}
			if _, failed := io.WriteString(in, block); failed != nil || err != nil {
				in.CloseWithError(errors.Join(failed, err))
				return
			}
		}
	}()
	return struct {
		io.Reader
		io.Closer
	}{out, body}
}

func TestLoadFindsFaults(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{})
	for _, tt := range []struct {
		what   string
		tamper func(event, next string) string
		args   []string
		want   loadReport
	}{
		{"nothing", func(event, next string) string { return event + next }, nil, loadReport{}},
		{"an event is dropped", func(_, next string) string { return next }, nil, loadReport{Lost: 1}},
		{"an event is dropped before the other client", func(_, next string) string { return next }, []string{"--client", "own"}, loadReport{Lost: 1}},
		{"an event comes twice", func(event, next string) string { return event + event + next }, []string{"--client", "own"}, loadReport{Doubled: 1, Wrong: 1}}, // and its id doesn't move
		{"two events are swapped", func(event, next string) string { return next + event }, nil, loadReport{OutOfOrder: 1}},
		{"an event has another post's text", func(event, next string) string { return strings.Replace(event, "load 5 ", "load 4 ", 1) + next }, nil, loadReport{Wrong: 1}},
		{"an event has no id", func(event, next string) string {
			_, after, _ := strings.Cut(event, "\n")
			return after + next
		}, []string{"--client", "own"}, loadReport{Wrong: 1}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			proxy := &tampering{victim: `"text":"load 5 `, tamper: tt.tamper, classes: make(chan string, 16)}
			report, code := runLoad(t, proxy.start(t, srv.URL).URL, append(tt.args,
				"--streams", "3", "--classes", "1", "--posts", "12", "--rate", "0", "--posters", "1", "--duration", "10m")...)
			if !proxy.done.Load() {
				t.Fatal("nothing was tampered with")
			}
			got := loadReport{Lost: report.Lost, Doubled: report.Doubled, OutOfOrder: report.OutOfOrder, Wrong: report.Wrong}
			bad := got.Lost+got.Doubled+got.OutOfOrder+got.Wrong > 0
			if got.Lost != tt.want.Lost || got.Doubled != tt.want.Doubled || got.OutOfOrder != tt.want.OutOfOrder || got.Wrong != tt.want.Wrong {
				t.Errorf("found %+v, want %+v; in words: %q", got, tt.want, report.Faults)
			}
			if bad != (code == 1) || bad == report.OK || bad != (len(report.Faults) > 0) {
				t.Errorf("exit code %d, ok %t, faults %q", code, report.OK, report.Faults)
			}
			srv.As(t, harness.Admin("root")).Get(harness.ClassPath(<-proxy.classes)).WantProblem(http.StatusNotFound, "not_found") // it cleans up
		})
	}
}

func TestLoadOverCrash(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{Args: []string{"--retry", "100ms", "--log-level", "debug"}})
	const streams, enough = 12, 40
	t.Run("a crash loses nothing, and Ctrl-C ends with the report", func(t *testing.T) {
		load := harness.Launch(t, loadEnv, "load", "--json", "--url", srv.URL, "--streams", "12", "--classes", "2", "--rate", "100", "--duration", "10m", "--settle", "80s")
		posting := func() {
			t.Helper()
			harness.Eventually(t, "posts are made", func() bool {
				posts := 0
				for _, r := range srv.Logs().Records("request") {
					if r.Text("method") == http.MethodPost && strings.HasSuffix(r.Text("path"), "/messages") {
						posts++
					}
				}
				return posts >= enough && len(srv.Logs().Records("stream opened")) >= streams
			})
		}
		posting()
		srv.Kill9()
		srv.Restart()
		posting()
		load.Signal(syscall.SIGINT)
		code := load.WaitExit()
		report := parseLoad(t, load.Stdout().String(), load.Stderr())
		report.checkSound(t, code)
		if report.Connections.Dropped < streams || report.Connections.Reconnected < streams || report.Posts.Made < 2*enough-2 {
			t.Errorf("the story did not happen: %+v", report)
		}
	})
}

// TestLoadRefusals has load refuse what can't work, with one line that says why.
func TestLoadRefusals(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{})
	for _, tt := range []struct {
		what string
		args []string
		says string
	}{
		{"nobody listens", []string{"--url", "http://127.0.0.1:1"}, "refused"},
		{"the URL is none", []string{"--url", "127.0.0.1:8080"}, "--url"},
		{"the secret is another", []string{"--jwt-secret", strings.Repeat("x", 32)}, "HOMEROOM_JWT_SECRET"},
		{"there are no classes", []string{"--classes", "0"}, "--classes"},
		{"a share is more than all", []string{"--slow", "1.5"}, "--slow"},
		{"the text is too long", []string{"--size", "4001"}, "--size"},
		{"the client is unknown", []string{"--client", "curl"}, "--client"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			result := harness.Run(t, loadEnv, append([]string{"load", "--url", srv.URL, "--streams", "3"}, tt.args...)...)
			if said := strings.Join(result.Stderr, "\n"); result.Code != 1 || result.Stdout != "" || len(result.Stderr) != 1 || !strings.Contains(said, tt.says) {
				t.Errorf("exit code %d, stdout %q, stderr is not one line about %q:\n%s", result.Code, result.Stdout, tt.says, said)
			}
		})
	}
}
