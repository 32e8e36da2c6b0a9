// Command withpg runs a command with a PostgreSQL of its own:
//
//	go run ./test/pgtest/withpg -- go test ./...
//
// It starts a throwaway cluster, hands its URL to the command in
// HOMEROOM_TEST_POSTGRES, so that all packages' tests share it, stops it
// afterwards, and exits with the command's status. Where the variable is set already,
// it only runs the command.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"homeroom/test/pgtest"
)

// The shell's own statuses for a command that isn't ours to judge.
const (
	exitUsage    = 2
	exitNoServer = 125
	exitNoRun    = 126
	exitSignal   = 128 // plus the signal's number
)

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpg:", err)
	}
	os.Exit(status)
}

// run does the whole of it, and returns the status to exit with.
func run(args []string) (int, error) {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return exitUsage, errors.New("usage: withpg -- COMMAND [ARGUMENT…]")
	}
	// A signal is for the command, which gets it too: this process stays to stop the server.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	if os.Getenv(pgtest.Env) != "" {
		return runCommand(args, signals)
	}
	server, err := pgtest.Launch()
	if err != nil {
		return exitNoServer, err
	}
	if err := os.Setenv(pgtest.Env, server.URL("postgres")); err != nil {
		return exitNoServer, errors.Join(err, server.Close())
	}
	status, err := runCommand(args, signals)
	return status, errors.Join(err, server.Close())
}

// runCommand runs the command, passing on SIGTERM, and returns its status. An interrupt from
// the terminal reaches the command by itself.
func runCommand(args []string, signals <-chan os.Signal) (int, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return exitNoRun, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case sig := <-signals:
			if sig == syscall.SIGTERM {
				_ = cmd.Process.Signal(sig) // it may have ended just now
			}
		case err := <-done:
			return status(cmd.ProcessState), onlyUnexpected(err)
		}
	}
}

// status is what a shell would make of how a command ended.
func status(state *os.ProcessState) int {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return exitSignal + int(ws.Signal())
	}
	return state.ExitCode()
}

// onlyUnexpected drops the error that only repeats the status.
func onlyUnexpected(err error) error {
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil
	}
	return err
}
