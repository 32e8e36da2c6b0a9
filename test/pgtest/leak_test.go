package pgtest

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// helper, in the environment, turns this test binary into the one that is killed.
const helper = "PGTEST_HELPER"

// A test process that is killed takes its server along, and the next one clears its folder away.
func TestKilledProcessLeavesNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends a child with its parent")
	}
	if _, err := findInstall(); err != nil {
		giveUp(t, err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helper+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	var dir string
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, scanErr := fmt.Sscan(line, &pid, &dir); err != nil || scanErr != nil {
		t.Fatalf("the helper said %q: %v, %v", line, err, scanErr)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("no server to begin with: %v", err)
	}

	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	within(t, "the server to end", func() bool { return ended(pid) })

	next, err := newTempDir()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = next.remove() }()
	within(t, "its folder to be removed", func() bool { // perhaps by another process's sweep
		_, err := os.Stat(dir)
		return errors.Is(err, fs.ErrNotExist)
	})
	sweep()
	if _, err := os.Stat(next.path); err != nil {
		t.Errorf("a sweep took the folder of a living process: %v", err)
	}
}

// init makes a process of TestKilledProcessLeavesNothing's start a server, tell
// its pid and folder, and wait to be killed.
func init() {
	if os.Getenv(helper) == "" {
		return
	}
	server, err := Launch()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(server.proc.cmd.Process.Pid, server.dir.path)
	select {}
}

// ended tells whether a process is gone, or only waits to be collected by a parent that won't.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(after, "Z")
}

func within(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}
