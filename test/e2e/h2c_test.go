package e2e_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"homeroom/test/harness"
)

// unencrypted is a transport that speaks HTTP/2 without TLS, without asking first.
func unencrypted() *http.Transport {
	t := &http.Transport{Protocols: new(http.Protocols)}
	t.Protocols.SetUnencryptedHTTP2(true)
	return t
}

func TestH2C(t *testing.T) {
	t.Parallel()

	t.Run("it is off", func(t *testing.T) {
		t.Parallel()
		srv := harness.Start(t, harness.Options{})
		begins := "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" // and empty settings
		conn, err := net.Dial("tcp", srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(harness.Patience))
		if _, err := io.WriteString(conn, begins); err != nil {
			t.Fatal(err)
		}
		if answer, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || answer.StatusCode < 400 {
			t.Errorf("answered %v, %v; want an error in HTTP/1.1", answer, err)
		}
	})

	t.Run("where it is on", func(t *testing.T) {
		t.Parallel()
		r := openRoom(t, harness.Options{Args: []string{"--h2c", "--write-timeout", "2s"}})
		stream := r.as(t, dora).Over(unencrypted()).Stream(r.class)
		stream.Ready()

		t.Run("a class is followed over it", func(t *testing.T) {
			r.as(t, ben).Post(r.class, "over h2c")
			if f := stream.Event(); !harness.Created("over h2c")(f) {
				t.Errorf("got %s", f.Data)
			}
		})

		t.Run("one stream that isn't read holds up no other", func(t *testing.T) {
			checkOneStalled(t, r, unencrypted())
		})

		t.Run("connections of HTTP/1.1 are still taken over", func(t *testing.T) {
			resp, err := r.as(t, dora).Dial(t.Context(), harness.Call{Method: "GET", Path: r.path("stream")})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if resp.ProtoMajor != 1 || !resp.Close || len(resp.TransferEncoding) > 0 {
				t.Errorf("%s, close %t, %v: net/http has it", resp.Proto, resp.Close, resp.TransferEncoding)
			}
		})

		t.Run("a stop ends its streams with their reason", func(t *testing.T) {
			last := r.as(t, dora).Over(unencrypted()).Stream(r.class)
			last.Ready()
			if code := r.srv.Terminate(); code != 0 || r.srv.Logs().Records("connections cut that did not end in time") != nil {
				t.Errorf("exit code %d", code)
			}
			last.WaitClosing("shutdown")
		})
	})
}
