package r3labs_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/r3labs/sse/v2"

	"homeroom/test/harness"
)

// page is the text of the messages that fill a socket which nobody reads:
// nearly as long as one may be, in the longest characters.
var page = strings.Repeat("🧬", 3_990)

// TestStall has a stream with one reader that stops reading.
func TestStall(t *testing.T) {
	t.Run("on r3labs' server nobody gets anything more, and nobody can join", func(t *testing.T) {
		server, url := newServer(t, false)
		stuck := dialStuck(t, url)
		healthy := open(t, url)
		undelivered := fillUp(t, server, healthy)

		joined := make(chan error, 1)
		go func() {
			resp, err := http.Get(url)
			if err == nil {
				err = resp.Body.Close()
			}
			joined <- err
		}()
		harness.Eventually(t, "who joins is stuck too", subscribing.blocked)
		if !fanOut.blocked() || len(undelivered) > 0 {
			t.Fatal("the fan-out went on by itself")
		}

		// Proof that the stuck reader is to blame, and it alone: once its
		// connection is gone all goes on.
		if err := stuck.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-undelivered; err != nil {
			t.Fatal(err)
		}
		if err := <-joined; err != nil {
			t.Error(err)
		}
	})

	t.Run("on Homeroom the others go on, the stuck one is cut, and resumes completely", func(t *testing.T) {
		dora := harness.Student("dora")
		srv := harness.Start(t, harness.Options{Args: []string{"--write-timeout", "1s"}})
		teacher := srv.As(t, harness.Teacher("anna"))
		class := teacher.CreateClass("Biology").ID
		teacher.AddMember(class, dora, "student")
		stuck := srv.As(t, dora).Stuck(class, "")
		healthy := teacher.Stream(class)
		poster := teacher.Unchecked()
		last := int64(0)
		for i := 0; !wasCut(srv, stuck); i++ {
			text := fmt.Sprintf("%d %s", i, page)
			last = poster.Post(class, text).Seq
			healthy.WaitFor("the message, while another reader is stuck", harness.Created(text))
		}
		cursor, seqs := stuck.Drain()
		if len(seqs) > 0 && seqs[len(seqs)-1] >= last {
			t.Fatal("the stuck reader was never behind: the story did not happen")
		}
		resumed := srv.As(t, dora).Follow(class, cursor) // checks that nothing is missing or repeated
		resumed.WaitSeq(last)
		resumed.Stop()
		if rest := resumed.Seen(); len(seqs) > 0 && rest[0].Seq != seqs[len(seqs)-1]+1 {
			t.Errorf("resumed with %d after %d", rest[0].Seq, seqs[len(seqs)-1])
		}
	})
}

// fillUp publishes until the fan-out is stuck. It publishes one event at a
// time, each read by the healthy reader before the next: so that one is never
// behind. It returns the outcome, to come, of reading the last.
func fillUp(t *testing.T, server *sse.Server, healthy *reader) <-chan error {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for i := 0; ; i++ {
		event := fmt.Sprintf("%d %s", i, strings.Repeat(page, 4))
		read := make(chan error, 1)
		go func() { read <- healthy.readData(event) }()
		publish(server, event)
		for unread := true; unread; {
			select {
			case err := <-read: // at the latest when the reader's patience ends
				if err != nil {
					t.Fatal(err)
				}
				unread = false
			case <-look.C:
				if fanOut.blocked() {
					t.Logf("stuck at event %d", i)
					return read
				}
			}
		}
	}
}

// wasCut reports whether the server has ended a reader's stream.
func wasCut(srv *harness.Server, stuck *harness.Stuck) bool {
	for _, closed := range srv.Logs().Records("stream closed") {
		if closed.Text("connection") == stuck.Ready.Parsed.Connection {
			return true
		}
	}
	return false
}

// dialStuck opens a stream whose answer nobody reads, with a small socket. It
// has subscribed once this returns: the status is sent after that.
func dialStuck(t *testing.T, url string) net.Conn {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", req.URL.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	if err := req.Write(conn); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return conn
}
