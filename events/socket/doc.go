// Package socket takes connections over from net/http to write streams to them: without blocking, and without a
// goroutine or a buffer for each. One goroutine waits for all of them to hang up.
//
// It needs Linux. Elsewhere, and for what is no plain TCP connection, [Watcher.Take] returns [ErrUnsupported], and
// streams go over net/http's own writer.
package socket

import "errors"

// ErrUnsupported says that a connection can't be written to without blocking here.
var ErrUnsupported = errors.New("connection can't be taken over")
