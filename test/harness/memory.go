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
