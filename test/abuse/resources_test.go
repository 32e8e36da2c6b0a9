package abuse_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

// The most that an attack may cost while it lasts, and that may be left of it: room for what the runtime and the
// database keep for later.
const (
	memoryMost  = 192 << 20 // resident, of which the race detector may take a part
	memoryLeft  = 24 << 20
	filesLeft   = 16
	routinesTop = 64
)

// resources are what the server's process has.
type resources struct {
	memory   int64 // bytes that are reachable, after a collection
	files    int   // open descriptors
	routines int   // goroutines
}

func (r resources) String() string {
	return fmt.Sprintf("%d MiB, %d files, %d goroutines", r.memory>>20, r.files, r.routines)
}

// take measures them. The address for profiles has the runtime collect first, so that what is garbage isn't counted.
func take(t *testing.T, srv *harness.Server, profiles string) resources {
	t.Helper()
	fetch(t, profiles, "/debug/pprof/heap?gc=1")
	r := resources{files: srv.FDs(t)}
	metrics := srv.With(t, "").Get("/metrics").Want(http.StatusOK).Body
	for line := range strings.Lines(string(metrics)) {
		var value float64
		if _, err := fmt.Sscanf(line, "go_memstats_heap_inuse_bytes %g", &value); err == nil {
			r.memory = int64(value)
		}
		if _, err := fmt.Sscanf(line, "go_goroutines %g", &value); err == nil {
			r.routines = int(value)
		}
	}
	if r.memory == 0 || r.routines == 0 {
		t.Fatal("the metrics don't tell of memory and goroutines")
	}
	return r
}

// fetch gets a profile and throws it away.
func fetch(t *testing.T, addr, path string) {
	t.Helper()
	resp, err := http.Get("http://" + addr + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, bufio.NewReader(resp.Body)); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d, %v", path, resp.StatusCode, err)
	}
}

// back reports whether everything is as it was, but for what may be left.
func (r resources) back(start resources) bool {
	return r.memory <= start.memory+memoryLeft && r.files <= start.files+filesLeft && r.routines <= start.routines+routinesTop
}

// watch looks at the resident memory and the descriptors of the server until the function that it returns is called,
// which tells the most there were.
func watch(t *testing.T, srv *harness.Server) (peak func() resources) {
	t.Helper()
	var most resources
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			most.memory, most.files = max(most.memory, srv.RSS(t)), max(most.files, srv.FDs(t))
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return func() resources {
		close(stop)
		<-done
		return most
	}
}
