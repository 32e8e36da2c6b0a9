package harness

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is one run of the binary.
type process struct {
	cmd    *exec.Cmd
	log    *Log
	stdout *Output
	exited chan struct{} // closed once exit is set and the log is complete
	exit   int           // -1 after a signal
}

// Output collects what a process writes to stdout.
type Output struct {
	bell bell
	mu   sync.Mutex // guards buf
	buf  bytes.Buffer
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	n, err := o.buf.Write(p)
	o.mu.Unlock()
	o.bell.ring()
	return n, err
}

// String is everything written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Lines are the complete lines written so far.
func (o *Output) Lines() []string {
	text := o.String()
	end := strings.LastIndexByte(text, '\n')
	if end < 0 {
		return nil
	}
	return strings.Split(text[:end], "\n")
}

// WaitLine returns the first complete line that the condition accepts.
func (o *Output) WaitLine(tb testing.TB, what string, accepts func(line string) bool) string {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), Patience)
	defer cancel()
	var found string
	if !o.bell.until(ctx, func() bool {
		for _, line := range o.Lines() {
			if accepts(line) {
				found = line
				return true
			}
		}
		return false
	}) {
		tb.Fatalf("stdout never showed %s; it is:\n%s", what, o)
	}
	return found
}

// launch starts the binary with these arguments and nothing of our own
// environment that could configure it.
func launch(tb testing.TB, args, env []string) *process {
	tb.Helper()
	return launchCommand(tb, exec.Command(Binary(tb), args...), env)
}

// launchLimited is launch with so few descriptors that the process may have.
func launchLimited(tb testing.TB, files int, args, env []string) *process {
	tb.Helper()
	limited := []string{"-c", `ulimit -n "$0" && exec "$@"`, strconv.Itoa(files), Binary(tb)}
	return launchCommand(tb, exec.Command("/bin/sh", append(limited, args...)...), env)
}

func launchCommand(tb testing.TB, cmd *exec.Cmd, env []string) *process {
	tb.Helper()
	p := &process{log: &Log{}, stdout: &Output{}, exited: make(chan struct{})}
	p.cmd = cmd
	p.cmd.Env = append(cleanEnv(), env...)
	p.cmd.SysProcAttr = procAttr()
	p.cmd.Stdout = p.stdout
	stderr, written, err := os.Pipe()
	if err != nil {
		tb.Fatalf("pipe: %v", err)
	}
	p.cmd.Stderr = written
	if err := p.cmd.Start(); err != nil {
		tb.Fatalf("start homeroom: %v", err)
	}
	_ = written.Close()
	go p.reap(stderr)
	return p
}

// cleanEnv is our environment without Homeroom's own variables.
func cleanEnv() []string {
	var env []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "HOMEROOM_") {
			env = append(env, entry)
		}
	}
	return env
}

func (p *process) reap(stderr io.ReadCloser) {
	p.log.follow(stderr)
	_ = stderr.Close()
	_ = p.cmd.Wait()
	p.exit = p.cmd.ProcessState.ExitCode()
	close(p.exited)
}

// signal sends sig to the process; one that is gone already is no error.
func (p *process) signal(tb testing.TB, sig syscall.Signal) {
	tb.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		tb.Fatalf("signal %v: %v", sig, err)
	}
}

// wait returns the exit code. A process that does not end is killed, and the
// test fails.
func (p *process) wait(tb testing.TB) int {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), Patience)
	defer cancel()
	select {
	case <-p.exited:
	case <-ctx.Done():
		_ = p.cmd.Process.Signal(syscall.SIGQUIT)
		select {
		case <-p.exited:
		case <-time.After(Patience / 10): // its goroutines should be on stderr by then
			_ = p.cmd.Process.Kill()
			<-p.exited
		}
		tb.Errorf("homeroom did not end; its last words:\n%s", tail(p.log.Lines(), 200))
	}
	return p.exit
}

// running reports whether the process has not ended yet.
func (p *process) running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// tail is the last n lines.
func tail(lines []string, n int) string {
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
