package handlers

import (
	"errors"
	"net/http"
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
	if err := k.control.SetWriteDeadline(time.Now().Add(k.timeout)); err != nil {
		return err
	}
	// Abort sets its mark before its deadline. So either the mark is seen here, or the deadline that Abort sets
	// comes after ours and ends the write.
	if k.aborted.Load() {
		return errAborted
	}
	if _, err := k.w.Write(p); err != nil {
		return err
	}
	return k.control.Flush()
}

// Abort implements [events.Sink].
func (k *responseSink) Abort() {
	k.aborted.Store(true)
	_ = k.control.SetWriteDeadline(time.Unix(1, 0)) // a connection that has no deadline is closed already
}

// finish leaves the connection without a deadline, since it may be kept for another request.
func (k *responseSink) finish() {
	if !k.aborted.Load() {
		_ = k.control.SetWriteDeadline(time.Time{}) // as in Abort
	}
}
