//go:build !linux

package pgtest

import "syscall"

// endWithParent has nothing to offer here: only Linux ends a child with its parent.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
