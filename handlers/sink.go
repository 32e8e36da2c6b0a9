package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// responseSink writes a stream through net/http: HTTP/1.1, HTTP/2 and TLS alike.
type responseSink struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
	aborted atomic.Bool
}

var errAborted = errors.New("write aborted")

// Send implements [events.Sink].
func (k *responseSink) Send(p []byte) error {
	deadline := time.Now().Add(k.timeout)
	if err := k.control.SetWriteDeadline(deadline); err != nil {
		return err
	}
	// Abort sets its mark before its deadline. So either the mark is seen here, or the deadline that Abort sets
	// comes after ours and ends the write.
	if k.aborted.Load() {
		return errAborted
	}
	_, err := k.w.Write(p)
	if err == nil {
		err = k.control.Flush()
	}
	switch {
	case err == nil:
		// Of HTTP/2 a deadline that passes ends the stream even if nothing is being written.
		return k.control.SetWriteDeadline(time.Time{})
	case time.Now().Before(deadline):
		return err
	default: // which of HTTP/2 looks as if the client had gone
		return fmt.Errorf("%w: %w", os.ErrDeadlineExceeded, err)
	}
}

// Abort implements [events.Sink].
func (k *responseSink) Abort() {
	k.aborted.Store(true)
	_ = k.control.SetWriteDeadline(time.Unix(1, 0)) // a connection that has no deadline is closed already
}
