package harness

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// namespaceEnv marks the process that InNamespace starts.
const namespaceEnv = "HOMEROOM_TEST_NAMESPACE"

// InNamespace runs a test's story in a process of its own, in a network namespace that has nothing but a loopback
// device, which the story may take down: what a pulled cable is to those who talk over it. Where there are
// no such namespaces the test is skipped, or fails if CI=true.
func InNamespace(t *testing.T, story func(t *testing.T, link *Link)) {
	t.Helper()
	if os.Getenv(namespaceEnv) == t.Name() {
		link := &Link{tb: t}
		link.Up()
		story(t, link)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run", "^"+t.Name()+"$", "-test.timeout", "5m")
	cmd.Env = append(os.Environ(), namespaceEnv+"="+t.Name(), BinaryEnv+"="+Binary(t))
	cmd.SysProcAttr = procAttr()
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNET
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no network namespace is to be had: %v", err)
		}
		t.Skipf("no network namespace is to be had: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("in the namespace: %v\n%s", err, out)
	}
}

// Link is the loopback device of a namespace.
type Link struct{ tb testing.TB }

// Up lets packets through.
func (l *Link) Up() {
	l.tb.Helper()
	l.set(unix.IFF_UP)
}

// Down loses them all, without a word to anybody.
func (l *Link) Down() {
	l.tb.Helper()
	l.set(0)
}

func (l *Link) set(flags uint16) {
	l.tb.Helper()
	if err := setLoopback(flags); err != nil {
		l.tb.Fatal(err)
	}
}

func setLoopback(flags uint16) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(flags)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("set the flags of lo: %w", err)
	}
	return nil
}
