package harness

import (
	"context"
	"strings"
	"syscall"
	"testing"
)

// Result is what a finished command left behind.
type Result struct {
	Code   int
	Stdout string
	Stderr []string // lines
}

// Run runs a command of the binary to its end.
func Run(tb testing.TB, env []string, args ...string) Result {
	tb.Helper()
	p := launch(tb, args, env)
	code := p.wait(tb)
	return Result{Code: code, Stdout: p.stdout.String(), Stderr: p.log.Lines()}
}

// Refusal runs a server that must refuse to start, and returns how it did. One
// that starts all the same is killed, and the test fails.
func Refusal(tb testing.TB, env []string, args ...string) Result {
	tb.Helper()
	p := launch(tb, args, env)
	ctx, cancel := context.WithTimeout(tb.Context(), Patience)
	defer cancel()
	p.log.bell.until(ctx, func() bool {
		return p.log.hasEnded() || strings.Contains(strings.Join(p.log.Lines(), "\n"), "listening")
	})
	if !p.log.hasEnded() {
		p.signal(tb, syscall.SIGKILL)
		tb.Error("it starts all the same")
	}
	code := p.wait(tb)
	return Result{Code: code, Stdout: p.stdout.String(), Stderr: p.log.Lines()}
}

// Must fails the test unless the command succeeded.
func (r Result) Must(tb testing.TB) Result {
	tb.Helper()
	if r.Code != 0 {
		tb.Fatalf("exit code %d; stdout: %s; stderr:\n%s", r.Code, r.Stdout, strings.Join(r.Stderr, "\n"))
	}
	return r
}

// Command is a command of the binary that runs beside the test.
type Command struct {
	tb   testing.TB
	proc *process
}

// Launch starts a command of the binary, and kills it with the test.
func Launch(tb testing.TB, env []string, args ...string) *Command {
	tb.Helper()
	c := &Command{tb: tb, proc: launch(tb, args, env)}
	tb.Cleanup(func() {
		c.proc.signal(tb, syscall.SIGKILL)
		c.proc.wait(tb)
		if tb.Failed() {
			tb.Logf("the command's stderr:\n%s", tail(c.proc.log.Lines(), 40))
		}
	})
	return c
}

// Stdout is what the command has printed so far.
func (c *Command) Stdout() *Output { return c.proc.stdout }

// Stderr is what the command has written to stderr so far.
func (c *Command) Stderr() []string { return c.proc.log.Lines() }

// Signal sends a signal and does not wait for anything.
func (c *Command) Signal(sig syscall.Signal) {
	c.tb.Helper()
	c.proc.signal(c.tb, sig)
}

// WaitExit waits for the end of the command and returns its exit code.
func (c *Command) WaitExit() int {
	c.tb.Helper()
	return c.proc.wait(c.tb)
}
