package r3labs_test

import (
	"runtime"
	"strings"
)

// sending is a function of r3labs' server that sends on a channel.
type sending string

const (
	fanOut      sending = "(*Stream).run.func1(" // to each subscriber in turn
	subscribing sending = "(*Stream).addSubscriber("
)

// blocked reports whether a goroutine is in the function, waiting for somebody
// to receive.
func (f sending) blocked() bool {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for goroutine := range strings.SplitSeq(string(stacks), "\n\n") {
		lines := strings.SplitN(goroutine, "\n", 3)
		if strings.Contains(lines[0], "[chan send") && len(lines) > 1 &&
			strings.HasPrefix(lines[1], "github.com/r3labs/sse/v2."+string(f)) {
			return true
		}
	}
	return false
}
