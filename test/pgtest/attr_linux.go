package pgtest

import "syscall"

// endWithParent has the kernel end a child when its parent dies, even by SIGKILL.
// SIGQUIT is an immediate shutdown to postgres: it takes its own children along.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
}
