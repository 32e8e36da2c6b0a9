package r3labs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"homeroom/test/harness"
)

// padding makes the messages of the benchmark as long as messages are.
const padding = " Could somebody explain once more why the mitochondrion has two membranes? I missed the end of the lesson."

// frame is what r3labs' server is given to publish: as much as Homeroom sends of a message.
const frame = `{"type":"message.created","class":"019ab3c4-5d6e-7f80-9123-456789abcdef","seq":1043,"at":"2026-01-12T08:15:30.123Z","actor":"anna",` +
	`"data":{"id":"019ab3c4-5d6e-7f80-9123-456789abcdef","class":"019ab3c4-5d6e-7f80-9123-456789abcdef","seq":1043,"author":"anna","text":%q,` +
	`"parent_id":null,"version":1,"created_at":"2026-01-12T08:15:30.123Z","edited_at":null,"deleted_at":null,"reply_count":0,"last_reply_at":null}}`

// contender is a server in a process of its own.
type contender struct {
	pid     int
	open    func(ctx context.Context) (*http.Response, error)
	publish func(ctx context.Context, text string) error
}

// BenchmarkFanout publishes a message over HTTP and waits until every stream
// has it, again and again. Homeroom also checks a token, keeps the message in
// SQLite and syncs it to disk; r3labs' server keeps nothing.
func BenchmarkFanout(b *testing.B) {
	for _, streams := range []int{1, 100, 1_000} {
		for _, server := range []struct {
			name  string
			start func(*testing.B) contender
		}{{"r3labs", startR3labs}, {"homeroom", startHomeroom}} {
			b.Run(fmt.Sprintf("streams=%d/server=%s", streams, server.name), func(b *testing.B) {
				measure(b, server.start(b), streams)
			})
		}
	}
}

func startR3labs(b *testing.B) contender {
	url, pid := startChild(b)
	send := func(ctx context.Context, method, url, body string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		return http.DefaultClient.Do(req)
	}
	return contender{
		pid: pid,
		open: func(ctx context.Context) (*http.Response, error) {
			return send(ctx, http.MethodGet, url+"/?stream="+stream, "")
		},
		publish: func(ctx context.Context, text string) error {
			resp, err := send(ctx, http.MethodPost, url, fmt.Sprintf(frame, text))
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, resp.Body)
			return errors.Join(err, resp.Body.Close())
		},
	}
}

func startHomeroom(b *testing.B) contender {
	srv := harness.Start(b, harness.Options{})
	teacher := srv.As(b, harness.Teacher("anna")).Unchecked()
	class := teacher.CreateClass("Biology").ID
	get := harness.Call{Method: http.MethodGet, Path: harness.ClassPath(class, "stream")}
	return contender{
		pid:  srv.PID(),
		open: func(ctx context.Context) (*http.Response, error) { return teacher.Dial(ctx, get) },
		publish: func(ctx context.Context, text string) error {
			_, err := teacher.TryPost(ctx, class, text)
			return err
		},
	}
}

// round is one message on its way to all streams.
type round struct {
	left   atomic.Int64
	done   chan struct{} // gets a token from the last stream
	failed chan error    // has room for one
}

func measure(b *testing.B, server contender, streams int) {
	began := time.Now()
	r := &round{done: make(chan struct{}, 1), failed: make(chan error, 1)}
	delays := make([][]time.Duration, streams)
	for i := range streams {
		resp, err := server.open(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if resp.StatusCode != http.StatusOK {
			b.Fatalf("stream: status %d", resp.StatusCode)
		}
		b.Cleanup(func() { _ = resp.Body.Close() })
		go r.read(resp.Body, began, &delays[i])
	}
	turn := func() {
		r.left.Store(int64(streams))
		stamp := fmt.Sprintf("stamp %d%s", time.Since(began), padding)
		if err := server.publish(b.Context(), stamp); err != nil {
			b.Fatal(err)
		}
		select {
		case <-r.done:
		case err := <-r.failed:
			b.Fatal(err)
		}
	}
	turn() // everyone has subscribed once it is over
	for i := range delays {
		delays[i] = delays[i][:0]
	}
	before := cpuTime(b, server.pid)
	for b.Loop() {
		turn()
	}
	deliveries := float64(b.N) * float64(streams)
	b.ReportMetric(float64(cpuTime(b, server.pid)-before)/deliveries, "cpu-ns/delivery")
	b.ReportMetric(float64(b.Elapsed())/deliveries, "ns/delivery")
	all := slices.Concat(delays...)
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)*99/100])/float64(time.Millisecond), "p99-ms")
}

// read notes, for every message of a stream, how long ago it was stamped.
func (r *round) read(body io.Reader, began time.Time, delays *[]time.Duration) {
	buf, kept := make([]byte, 16<<10), 0
	for {
		n, err := body.Read(buf[kept:])
		if err != nil {
			select {
			case r.failed <- fmt.Errorf("read a stream: %w", err):
			default: // another was first, or all is over
			}
			return
		}
		kept += n
		_, after, found := bytes.Cut(buf[:kept], []byte("stamp "))
		digits, _, whole := bytes.Cut(after, []byte(" "))
		if !found || !whole || !bytes.HasSuffix(after, []byte("\n\n")) {
			if kept == len(buf) {
				kept = 0 // frames that are none of ours
			}
			continue
		}
		kept = 0
		sent, err := strconv.ParseInt(string(digits), 10, 64)
		if err != nil {
			r.failed <- err
			return
		}
		*delays = append(*delays, time.Since(began)-time.Duration(sent))
		if r.left.Add(-1) == 0 {
			r.done <- struct{}{}
		}
	}
}
