package events

import (
	"fmt"
	"time"
)

// Closing is the last frame of a stream: why it ends, and when to come back. It is also the whole answer to a
// stream that can't be taken for a reason that passes by itself, since a browser's EventSource gives up for good on
// any status but 200.
func Closing(reason Reason, retry time.Duration) []byte {
	ms := retry.Milliseconds()
	frame, err := newFrame(StreamClosing, closing{Type: StreamClosing, Reason: reason, RetryMS: ms})
	if err != nil {
		panic(err) // two strings and a number always encode
	}
	frame.prefix(fmt.Sprintf("retry: %d\n", ms))
	return frame.body
}
