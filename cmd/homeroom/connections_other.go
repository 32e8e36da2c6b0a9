//go:build !linux

package main

import (
	"syscall"
	"time"
)

// setPeerTimeout does nothing here: TCP's own patience holds.
func setPeerTimeout(time.Duration) func(network, address string, conn syscall.RawConn) error {
	return nil
}

// openFiles is not known here.
func openFiles() uint64 { return unknownFiles }
