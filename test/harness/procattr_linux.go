package harness

import "syscall"

// procAttr makes the kernel end a server whose suite died without a cleanup,
// for instance of go test's own timeout.
func procAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
