package load

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"time"
)

const (
	headBuffer = 1 << 10          // bytes; what a stream's connection is read through
	quietWait  = 90 * time.Second // without a heartbeat, of which several should have come
)

// opening is what a reader asks for.
type opening struct {
	path, token string
	cursor      []byte // nil: from now on
	slow        bool
}

// wire follows streams. Follow opens one and gives each frame to take, until the connection or ctx ends. A frame's
// slices are take's for the time of the call.
type wire interface {
	follow(ctx context.Context, o opening, take func(*frame)) error
}

// ownWire reads streams with as little as HTTP/1.1 needs.
type ownWire struct {
	base   *url.URL
	dialer *dialer
	roots  *x509.CertPool // nil: the system's
}

// follow implements wire.
func (w *ownWire) follow(ctx context.Context, o opening, take func(*frame)) error {
	conn, err := w.connect(ctx, o.slow)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it was only read
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	body, err := w.open(conn, o)
	if err != nil {
		return err
	}
	stream := newParser(body)
	for {
		f, err := stream.next()
		if err != nil {
			return err
		}
		if !o.slow && slices.Contains(vitalSigns, string(f.event)) {
			if err := conn.SetReadDeadline(time.Now().Add(quietWait)); err != nil {
				return err
			}
		}
		take(&f)
	}
}

// vitalSigns are the frames that say that the connection lives. They come often enough, and seldom enough to be worth
// a system call.
var vitalSigns = []string{"stream.ready", "heartbeat"}

// connect dials, with TLS where the URL says so.
func (w *ownWire) connect(ctx context.Context, slow bool) (net.Conn, error) {
	port := w.base.Port()
	if port == "" {
		port = w.base.Scheme
	}
	conn, err := w.dialer.dial(ctx, net.JoinHostPort(w.base.Hostname(), port), slow)
	if err != nil || w.base.Scheme != "https" {
		return conn, err
	}
	secure := tls.Client(conn, &tls.Config{ServerName: w.base.Hostname(), RootCAs: w.roots})
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// open sends the request and reads the head of the answer. It returns the body.
func (w *ownWire) open(conn net.Conn, o opening) (io.Reader, error) {
	if err := conn.SetDeadline(time.Now().Add(callWait)); err != nil {
		return nil, err
	}
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept: text/event-stream\r\n",
		w.base.EscapedPath()+o.path, w.base.Host, o.token)
	if o.cursor != nil {
		request = fmt.Appendf(request, "Last-Event-ID: %s\r\n", o.cursor)
	}
	if _, err := conn.Write(append(request, "\r\n"...)); err != nil {
		return nil, err
	}
	from := bufio.NewReaderSize(conn, headBuffer)
	resp, err := http.ReadResponse(from, nil) //nolint:bodyclose // the connection is closed
	if err != nil {
		return nil, err
	}
	if err := checkOpened(resp, o.path); err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	if slices.Contains(resp.TransferEncoding, "chunked") {
		return httputil.NewChunkedReader(from), nil // and the response with its header is garbage
	}
	return resp.Body, nil
}

// checkOpened tells a stream from anything else.
func checkOpened(resp *http.Response, path string) error {
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // what there is of it
		return &refusal{"GET " + path, resp.StatusCode, detail(body)}
	}
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "text/event-stream" {
		return &refusal{"GET " + path, resp.StatusCode, fmt.Sprintf("it is %q, which is no event stream", resp.Header.Get("Content-Type"))}
	}
	return nil
}
