package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// RSS is the server's resident memory in bytes. Where there is no /proc the
// test is skipped.
func (s *Server) RSS(tb testing.TB) int64 {
	tb.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(s.PID()), "status"))
	if err != nil {
		tb.Skipf("the memory of a process can't be read here: %v", err)
	}
	for line := range strings.Lines(string(status)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	tb.Fatal("no VmRSS in the status of the process")
	return 0
}

// FDs is how many descriptors the server has open. Where there is no /proc the test is skipped.
func (s *Server) FDs(tb testing.TB) int {
	tb.Helper()
	open, err := os.ReadDir(filepath.Join("/proc", fmt.Sprint(s.PID()), "fd"))
	if err != nil {
		tb.Skipf("the descriptors of a process can't be counted here: %v", err)
	}
	return len(open)
}
