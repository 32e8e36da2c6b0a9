package e2e_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"homeroom/test/harness"
)

// only is a transport to a server with TLS that speaks HTTP/1.1 or HTTP/2 alone.
func only(srv *harness.Server, major int) *http.Transport {
	t := srv.Authority.Transport()
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(major == 1)
	t.Protocols.SetHTTP2(major == 2)
	return t
}

// TestTLS is about connections, which no database has a part in.
func TestTLS(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{TLS: true, Args: []string{"--write-timeout", "2s"}})

	t.Run("HTTP/2 is agreed on, and HTTP/1.1 with those who have no other", func(t *testing.T) {
		for major, want := range map[int]string{1: "HTTP/1.1", 2: "HTTP/2.0"} {
			resp, err := r.as(t, ben).Over(only(r.srv, major)).Dial(t.Context(), harness.Call{Method: "GET", Path: r.path()})
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.Proto != want || resp.TLS.Version != tls.VersionTLS13 {
				t.Errorf("%s over %s, want %s over TLS 1.3", resp.Proto, tls.VersionName(resp.TLS.Version), want)
			}
			if got := resp.Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
				t.Errorf("%s: Strict-Transport-Security %q", want, got)
			}
		}
		if resp := r.as(t, ben).Get(r.path()); resp.Status != http.StatusOK {
			t.Errorf("with both: status %d", resp.Status)
		}
	})

	for major, name := range map[int]string{1: "HTTP/1.1", 2: "HTTP/2"} {
		t.Run("a class is followed and resumed over "+name, func(t *testing.T) {
			reader := r.as(t, dora).Over(only(r.srv, major))
			stream := reader.Stream(r.class)
			stream.Ready()
			r.as(t, ben).Post(r.class, "live over "+name)
			if f := stream.Event(); !harness.Created("live over " + name)(f) {
				t.Errorf("got %s", f.Data)
			}
			stream.Cut()
			closed := r.srv.WaitLog(t, "stream closed", map[string]string{"connection": stream.Frames()[0].Parsed.Connection})
			if got := closed.Text("reason"); got != "client_gone" {
				t.Errorf("the stream that its client left was closed for the reason %s", got)
			}
			r.as(t, ben).Post(r.class, "missed over "+name)
			resumed := stream.Resume()
			resumed.Ready()
			if f := resumed.Event(); !harness.Created("missed over " + name)(f) {
				t.Errorf("resumed with %s", f.Data)
			}
		})
	}

	t.Run("of 20 streams on one connection the one that isn't read holds up none", func(t *testing.T) {
		checkOneStalled(t, r, only(r.srv, 2))
	})

	t.Run("older protocols are refused", func(t *testing.T) {
		for version, accepted := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
			config := r.srv.Authority.ClientConfig()
			config.MinVersion, config.MaxVersion = version, version
			if _, err := handshake(t, r.srv, config); (err == nil) != accepted {
				t.Errorf("%s: %v", tls.VersionName(version), err)
			}
		}
	})

	t.Run("plain HTTP gets a short error", func(t *testing.T) {
		answer := raw(t, r.srv, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		if !strings.Contains(answer, " 400 ") || len(answer) > 200 {
			t.Errorf("answered %q", answer)
		}
	})

	t.Run("a new certificate is taken up, and what is open stays open", func(t *testing.T) {
		stream := r.as(t, dora).Stream(r.class)
		stream.Ready()
		serial := r.srv.Authority.Renew()
		waitServed(t, r.srv, serial)
		r.as(t, ben).Post(r.class, "after the renewal")
		if f := stream.Event(); !harness.Created("after the renewal")(f) {
			t.Errorf("got %s", f.Data)
		}
	})

	t.Run("a pair that doesn't work is logged, and the one before stays", func(t *testing.T) {
		before, err := handshake(t, r.srv, r.srv.Authority.ClientConfig())
		if err != nil {
			t.Fatal(err)
		}
		cert, key, serial := r.srv.Authority.Issue()
		r.srv.Authority.Write(r.srv.Authority.Cert, cert) // and the key is still that of the other
		r.srv.WaitLog(t, "certificate not replaced", nil)
		if now, err := handshake(t, r.srv, r.srv.Authority.ClientConfig()); err != nil || now.Cmp(before) != 0 {
			t.Errorf("serial number %v, %v; want %v", now, err, before)
		}
		r.srv.Authority.Write(r.srv.Authority.Key, key)
		waitServed(t, r.srv, serial)
	})

	t.Run("a stop ends the streams of HTTP/2 with their reason, in time", func(t *testing.T) {
		stream := r.as(t, dora).Over(only(r.srv, 2)).Stream(r.class)
		stream.Ready()
		begun := time.Now()
		if code := r.srv.Terminate(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		stream.WaitClosing("shutdown")
		if took := time.Since(begun); took > 9*time.Second || r.srv.Logs().Records("connections cut that did not end in time") != nil {
			t.Errorf("it took %v", took)
		}
	})
}

// checkOneStalled has 20 readers on one connection of HTTP/2, one of which stops reading. The others get all that
// comes meanwhile, and the one is cut by its own deadline.
func checkOneStalled(t *testing.T, r room, transport *http.Transport) {
	t.Helper()
	var dialed atomic.Int32
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialed.Add(1)
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	transport.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 64 << 10}
	reader := r.as(t, dora).Over(transport)
	stalled, err := reader.Dial(t.Context(), harness.Call{Method: "GET", Path: r.path("stream")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stalled.Body.Close() }()
	var streams []*harness.Stream
	for range 19 {
		s := reader.Stream(r.class)
		s.Ready()
		streams = append(streams, s)
	}
	poster := r.as(t, ben).Unchecked()
	large := strings.Repeat("🧪", 3900)
	for i := range 12 { // some 190 KB, of which the window of the one takes a third
		if _, err := poster.TryPost(t.Context(), r.class, fmt.Sprint(i, large)); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range streams {
		for i := range 12 {
			if f := s.Event(); !strings.HasPrefix(*f.Parsed.Message().Text, fmt.Sprint(i)) {
				t.Fatalf("message %d: %.200s", i, f.Data)
			}
		}
	}
	r.srv.WaitLog(t, "stream closed", map[string]string{"reason": "write_error"})
	last := r.as(t, anna).Post(r.class, "after the cut")
	for _, s := range streams {
		if f := s.Event(); f.Parsed.Seq != last.Seq {
			t.Errorf("after the cut: %.200s", f.Data)
		}
		s.Cut()
	}
	if n := dialed.Load(); n != 1 {
		t.Errorf("%d connections were made", n)
	}
}

// handshake makes a connection and returns the serial number of the certificate that it was shown.
func handshake(t *testing.T, srv *harness.Server, config *tls.Config) (*big.Int, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), harness.Patience)
	defer cancel()
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", srv.Addr())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber, nil
}

// waitServed waits until new connections are shown this certificate.
func waitServed(t *testing.T, srv *harness.Server, serial *big.Int) {
	t.Helper()
	harness.Eventually(t, "the new certificate is served", func() bool {
		now, err := handshake(t, srv, srv.Authority.ClientConfig())
		if err != nil {
			t.Fatal(err)
		}
		return now.Cmp(serial) == 0
	})
}

// raw sends bytes over a plain connection, and returns all that is answered until the server closes it.
func raw(t *testing.T, srv *harness.Server, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(harness.Patience))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil && len(answer) == 0 {
		t.Fatal(err)
	}
	return string(answer)
}

// TestTLSSettings has a server refuse files that can't be served.
func TestTLSSettings(t *testing.T) {
	t.Parallel()
	one, other := harness.NewAuthority(t), harness.NewAuthority(t)
	rubbish := filepath.Join(t.TempDir(), "rubbish.pem")
	if err := os.WriteFile(rubbish, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, tt := range map[string]struct {
		args []string
		says string
	}{
		"a certificate without a key":  {[]string{"--tls-cert", one.Cert}, "both or neither"},
		"a key without a certificate":  {[]string{"--tls-key", one.Key}, "both or neither"},
		"a file that isn't there":      {[]string{"--tls-cert", one.Cert, "--tls-key", one.Key + "x"}, "no such file"},
		"another certificate's key":    {[]string{"--tls-cert", one.Cert, "--tls-key", other.Key}, "does not match"},
		"a certificate that is none":   {[]string{"--tls-cert", rubbish, "--tls-key", one.Key}, "rubbish.pem"},
		"a folder":                     {[]string{"--tls-cert", filepath.Dir(rubbish), "--tls-key", one.Key}, "is a directory"},
		"HTTP/2 with and without TLS":  {[]string{"--tls-cert", one.Cert, "--tls-key", one.Key, "--h2c"}, "HOMEROOM_H2C"},
		"an HSTS that doesn't exist":   {[]string{"--hsts", "sometimes"}, "sometimes"},
		"profiles for the whole world": {[]string{"--debug-addr", "0.0.0.0:0"}, "no loopback address"},
		"profiles for any host":        {[]string{"--debug-addr", ":0"}, "no loopback address"},
		"metrics nowhere":              {[]string{"--metrics-addr", "127.0.0.1:high"}, "HOMEROOM_METRICS_ADDR"},
	} {
		t.Run(what, func(t *testing.T) {
			args := append([]string{"serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0"}, tt.args...)
			result := harness.Refusal(t, []string{"HOMEROOM_JWT_SECRET=" + harness.Secret}, args...)
			if result.Code != 1 || len(result.Stderr) != 1 || !strings.Contains(result.Stderr[0], tt.says) {
				t.Errorf("exit code %d, want one line about %q:\n%s", result.Code, tt.says, strings.Join(result.Stderr, "\n"))
			}
		})
	}
}
