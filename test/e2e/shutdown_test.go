package e2e_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"homeroom/test/harness"
)

func TestShutdown(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		t.Run("streams close with a reason and a time to come back, and resume after the restart", func(t *testing.T) {
			r := openRoom(t, harness.Options{Database: db})
			var streams []*harness.Stream
			for range 10 {
				s := r.as(t, ben).Stream(r.class)
				s.Ready()
				streams = append(streams, s)
			}
			if code := r.srv.Terminate(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			retries := map[int]bool{}
			for _, s := range streams {
				retries[s.WaitClosing("shutdown").Retry] = true
			}
			if len(retries) < 3 {
				t.Errorf("10 streams are told %d different times to come back at", len(retries))
			}
			r.srv.Restart()
			r.as(t, anna).Post(r.class, "after the restart")
			resumed := streams[0].Resume()
			resumed.Ready()
			if f := resumed.Event(); !harness.Created("after the restart")(f) {
				t.Errorf("got %s", f.Data)
			}
		})

		t.Run("a waiting long poll is answered", func(t *testing.T) {
			r := openRoom(t, harness.Options{Database: db})
			reader, after := r.as(t, ben), r.as(t, ben).Cursor(r.class)
			answers := make(chan error, 1)
			go func() {
				page, err := reader.TryEvents(t.Context(), r.class, harness.EventsQuery{After: after, Wait: 60})
				if err == nil && (len(page.Events) != 0 || page.Cursor != after) {
					err = fmt.Errorf("answered %s and %s", page.Events, page.Cursor)
				}
				answers <- err
			}()
			waitOpen(t, r.srv, 1)
			begun := time.Now()
			if code := r.srv.Terminate(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			if err := <-answers; err != nil {
				t.Errorf("long poll: %v", err)
			}
			if took := time.Since(begun); took > 40*time.Second {
				t.Errorf("the stop took %v: it has waited for the poll", took)
			}
		})

		t.Run("a request in flight is finished, and no stream is turned away for good", func(t *testing.T) {
			r := openRoom(t, harness.Options{Database: db, Args: []string{"--drain", "60s"}})
			stream := r.as(t, dora).Stream(r.class)
			stream.Ready()
			slow := startSlowPost(t, r, `{"text":"in fl`)
			r.srv.Signal(syscall.SIGTERM)
			stream.WaitClosing("shutdown")
			checkTurnedAwaySoftly(t, r, stream.Cursor())
			m := slow.finish(t, `ight"}`)
			if code := r.srv.WaitExit(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			r.srv.Restart()
			if got := r.as(t, ben).Message(r.class, m); *got.Text != "in flight" {
				t.Errorf("after the restart: %+v", got)
			}
			resumed := stream.Resume()
			resumed.Ready()
			wantExactly(t, resumed, r.as(t, anna), r.class, "in flight")
		})

		t.Run("what was answered before the signal is there after it", func(t *testing.T) {
			r := openRoom(t, harness.Options{Database: db})
			answered := &receipts{messages: map[string]harness.Message{}}
			posting := answered.postUntilDown(t.Context(), r.as(t, ben).Unchecked(), r.class, 4, 0)
			harness.Eventually(t, "messages are answered", func() bool { return answered.count.Load() >= 50 })
			if code := r.srv.Terminate(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			posting.Wait()
			r.srv.Restart()
			listed := map[string]bool{}
			for _, m := range r.as(t, anna).Messages(r.class) {
				listed[m.ID] = true
			}
			for id := range answered.messages {
				if !listed[id] {
					t.Errorf("message %s was answered and is gone", id)
				}
			}
		})
	})

	t.Run("a client that never finishes its request does not hold the stop for ever", func(t *testing.T) {
		t.Parallel()
		r := openRoom(t, harness.Options{Args: []string{"--drain", "1s"}})
		startSlowPost(t, r, `{"text":"never fin`)
		begun := time.Now()
		r.srv.Signal(syscall.SIGTERM)
		if code := r.srv.WaitExit(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if took := time.Since(begun); took > 30*time.Second {
			t.Errorf("the stop took %v", took)
		}
	})

	t.Run("an interrupt from the terminal stops it just as well", func(t *testing.T) {
		t.Parallel()
		r := openRoom(t, harness.Options{})
		stream := r.as(t, ben).Stream(r.class)
		stream.Ready()
		r.srv.Signal(syscall.SIGINT)
		stream.WaitClosing("shutdown")
		if code := r.srv.WaitExit(); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
}

// waitOpen waits until the server counts so many open streams and long polls.
func waitOpen(t *testing.T, srv *harness.Server, n int) {
	t.Helper()
	gauge := fmt.Sprintf("\nhomeroom_streams_open %d\n", n)
	harness.Eventually(t, fmt.Sprintf("%d streams are open", n), func() bool {
		return strings.Contains(string(srv.With(t, "").Get("/metrics").Body), gauge)
	})
}

// checkTurnedAwaySoftly connects to a draining server. The connection may find
// nobody listening; but if it is answered, then so that EventSource comes back.
func checkTurnedAwaySoftly(t *testing.T, r room, cursor string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), harness.Patience)
	defer cancel()
	resp, err := r.as(t, dora).Dial(ctx, harness.Call{
		Method: http.MethodGet, Path: r.path("stream"), Header: map[string]string{"Last-Event-ID": cursor},
	})
	if err != nil {
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("connecting to a draining server: %v", err)
		}
		return
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("a draining server answers %d, %s, %v: %s", resp.StatusCode, resp.Header.Get("Content-Type"), err, body)
	}
	text := string(body)
	if !strings.Contains(text, "retry: ") || !strings.Contains(text, "event: stream.closing") || !strings.Contains(text, `"reason":"shutdown"`) {
		t.Errorf("a draining server's stream is %q", text)
	}
	if strings.Contains(text, "\nid:") || strings.HasPrefix(text, "id:") {
		t.Errorf("a draining server's stream moves the cursor: %q", text)
	}
}

// slowPost is a request whose body comes in two parts.
type slowPost struct {
	conn net.Conn
}

// startSlowPost sends the head of a request and the first part of its body, and
// waits until the server reads it.
func startSlowPost(t *testing.T, r room, part string) *slowPost {
	t.Helper()
	conn, err := net.Dial("tcp", r.srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(harness.Patience))
	// With "Expect: 100-continue" the server itself says when its handler has begun to read.
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n", r.path("messages"), r.srv.Addr(), ben.Token(t, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	line := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
	if _, err := io.ReadFull(conn, line); err != nil || !strings.HasPrefix(string(line), "HTTP/1.1 100") {
		t.Fatalf("the server does not go on: %q, %v", line, err)
	}
	if _, err := fmt.Fprintf(conn, "%x\r\n%s\r\n", len(part), part); err != nil {
		t.Fatal(err)
	}
	return &slowPost{conn}
}

// finish sends the rest and returns the id of the message that was made.
func (p *slowPost) finish(t *testing.T, rest string) string {
	t.Helper()
	if _, err := fmt.Fprintf(p.conn, "%x\r\n%s\r\n0\r\n\r\n", len(rest), rest); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(p.conn), nil)
	if err != nil {
		t.Fatalf("a request in flight was not answered: %v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("a request in flight was answered %d, %v: %s", resp.StatusCode, err, body)
	}
	var m harness.Message
	unmarshal(t, body, &m)
	return m.ID
}
