package events

// Sink takes the bytes of one stream to its client.
type Sink interface {
	// Send writes p and returns once it is on its way. At its deadline it fails with [os.ErrDeadlineExceeded].
	Send(p []byte) error
	// Abort makes a Send that is under way, and all that follow, fail. It doesn't block; any goroutine may call it.
	Abort()
}

// Socket is a sink that can be written to without blocking too, so that a stream that has nothing to send, or whose
// client reads as fast as it sends, needs no goroutine. The stream owns it.
type Socket interface {
	Sink
	// TrySend writes as much of p as goes at once, and reports how much that was. A socket that is full is no error.
	TrySend(p []byte) (int, error)
	// OnHangup has gone called, once, when the client hangs up. It must not be called from within OnHangup.
	OnHangup(gone func()) error
	// Close ends the connection, after what was sent.
	Close() error
}
