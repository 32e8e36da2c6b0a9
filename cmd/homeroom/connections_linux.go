package main

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// setPeerTimeout bounds how long what was sent may stay unacknowledged, or a full receiver full. What is set on a listener
// is inherited by what it accepts (tcp(7), TCP_USER_TIMEOUT).
func setPeerTimeout(most time.Duration) func(network, address string, conn syscall.RawConn) error {
	return func(_, _ string, conn syscall.RawConn) error {
		var failed error
		err := conn.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(most.Milliseconds()))
		})
		return errors.Join(err, failed)
	}
}

// openFiles is how many files the process may have open. Go has raised the soft limit to the hard one.
func openFiles() uint64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return unknownFiles
	}
	return limit.Cur
}
