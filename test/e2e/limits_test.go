package e2e_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{Args: []string{"--heartbeat", "300ms"}})

	t.Run("a request head that never ends times out, a stream does not", func(t *testing.T) {
		stream := r.as(t, ben).Stream(r.class)
		stream.Ready()
		conn, err := net.Dial("tcp", r.srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(harness.Patience))
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: "); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the server waits for it for ever")
		}
		r.as(t, anna).Post(r.class, "still there?")
		stream.WaitFor("the message", harness.Created("still there?"))
	})

	t.Run("a huge request head is refused", func(t *testing.T) {
		resp, err := r.as(t, ben).Unchecked().Send(t.Context(), harness.Call{
			Method: "GET", Path: r.path(), Header: map[string]string{"X-Huge": strings.Repeat("x", 2<<20)},
		})
		if err == nil && resp.Status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("status %d", resp.Status)
		}
		r.as(t, ben).Get(r.path()).Want(http.StatusOK)
	})

	t.Run("the metrics name no class and no user", func(t *testing.T) {
		user := harness.Student("a-name-to-search-for")
		r.as(t, anna).AddMember(r.class, user, "student")
		r.as(t, user).Stream(r.class).Ready()
		r.as(t, user).Post(r.class, "counted")
		metrics := string(r.srv.With(t, "").Get("/metrics").Want(http.StatusOK).Body)
		if strings.Contains(metrics, r.class) || strings.Contains(metrics, user.ID) {
			t.Errorf("they do:\n%.2000s", metrics)
		}
		if !strings.Contains(metrics, "go_goroutines") || !strings.Contains(metrics, "homeroom_") {
			t.Errorf("they have little to say:\n%.2000s", metrics)
		}
	})
}
