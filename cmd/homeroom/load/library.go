package load

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/r3labs/sse/v2"
	"gopkg.in/cenkalti/backoff.v1"

	"homeroom/cmd/homeroom/library"
)

// libraryWire reads streams with the client of r3labs/sse.
type libraryWire struct {
	base       string
	fast, slow *http.Client
}

func newLibraryWire(base string, d *dialer) *libraryWire {
	client := func(slow bool) *http.Client {
		return &http.Client{Transport: &http.Transport{
			DialContext:       func(ctx context.Context, _, address string) (net.Conn, error) { return d.dial(ctx, address, slow) },
			DisableKeepAlives: true, DisableCompression: true,
		}}
	}
	return &libraryWire{base, client(false), client(true)}
}

// follow implements wire. The library gives signals the id of the event before them.
func (w *libraryWire) follow(ctx context.Context, o opening, take func(*frame)) error {
	client := sse.NewClient(w.base+o.path, sse.ClientMaxBufferSize(maxFrame))
	client.Connection = w.fast
	if o.slow {
		client.Connection = w.slow
	}
	client.Headers["Authorization"] = "Bearer " + o.token
	client.ReconnectStrategy = &backoff.StopBackOff{} // readers come back when the stream says, not when the library does
	client.ResponseValidator = func(_ *sse.Client, resp *http.Response) error {
		if err := checkOpened(resp, o.path); err != nil {
			_ = resp.Body.Close() // it was only read
			return err
		}
		resp.Body = library.Whole(resp.Body, maxFrame)
		return nil
	}
	if o.cursor != nil {
		client.LastEventID.Store(bytes.Clone(o.cursor))
	}
	return client.SubscribeRawWithContext(ctx, func(e *sse.Event) {
		f := frame{id: e.ID, hasID: len(e.ID) > 0, event: e.Event, data: e.Data}
		if ms, err := strconv.Atoi(string(e.Retry)); err == nil {
			f.retry = time.Duration(ms) * time.Millisecond
		}
		take(&f)
	})
}
