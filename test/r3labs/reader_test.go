package r3labs_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"homeroom/test/harness"
)

// reader is one GET of a stream, read by the line.
type reader struct {
	tb    testing.TB
	stop  context.CancelFunc
	lines *bufio.Reader
}

// open opens a stream. Its server must answer; what it answers is for later.
func open(tb testing.TB, url string, headers ...string) *reader {
	tb.Helper()
	ctx, stop := context.WithTimeout(tb.Context(), harness.Patience)
	tb.Cleanup(stop)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		tb.Fatalf("stream: status %d", resp.StatusCode)
	}
	return &reader{tb: tb, stop: stop, lines: bufio.NewReaderSize(resp.Body, 128<<10)}
}

// block reads up to the next empty line.
func (r *reader) block() []string {
	r.tb.Helper()
	var block []string
	for {
		line, err := r.lines.ReadString('\n')
		if err != nil {
			r.tb.Fatalf("read the stream, after %q: %v", block, err)
		}
		if line == "\n" {
			return block
		}
		block = append(block, strings.TrimSuffix(line, "\n"))
	}
}

// wantData reads a block, which must have this data.
func (r *reader) wantData(data string) {
	r.tb.Helper()
	if err := r.readData(data); err != nil {
		r.tb.Fatal(err)
	}
}

// readData is wantData for any goroutine.
func (r *reader) readData(want string) error {
	for {
		line, err := r.lines.ReadString('\n')
		if err != nil {
			return err
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			if got := strings.TrimSuffix(data, "\n"); got != want {
				return fmt.Errorf("got %d bytes of data, %.40q; want %d, %.40q", len(got), got, len(want), want)
			}
			return nil
		}
	}
}
