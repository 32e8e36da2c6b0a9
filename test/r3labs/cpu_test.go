package r3labs_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// clockTick is the unit of times in /proc: USER_HZ, which is 100 on every
// architecture that Go runs on.
const clockTick = time.Second / 100

// cpuTime is how long a running process has used a processor, in user and
// system mode: what getrusage would tell it. Where there is no /proc the
// benchmark is skipped.
func cpuTime(tb testing.TB, pid int) time.Duration {
	tb.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		tb.Skipf("the processor time of a process can't be read here: %v", err)
	}
	// The name, in parentheses, may hold anything. Then come the state and
	// ten numbers before the two times (proc(5)).
	text := string(stat)
	var user, system int64
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if _, err := fmt.Sscan(strings.Join(fields[11:13], " "), &user, &system); err != nil {
		tb.Fatalf("read %q: %v", text, err)
	}
	return time.Duration(user+system) * clockTick
}
