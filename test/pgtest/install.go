package pgtest

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// ErrMissing says that this machine has no PostgreSQL to start, and what to do about it.
var ErrMissing = errors.New("PostgreSQL is not installed (Debian: apt-get install postgresql), and " + Env + " names no server")

// debian is where Debian keeps the programs, a folder a version, off the PATH.
const debian = "/usr/lib/postgresql/*/bin"

// install is PostgreSQL as found on this machine, and the user to run it as.
type install struct {
	bin  string              // the folder of initdb and postgres
	cred *syscall.Credential // nil: as ourselves
}

// findInstall looks for the newest PostgreSQL among Debian's folders, then along PATH.
func findInstall() (install, error) {
	bin, err := findBin(debian)
	if err != nil {
		return install{}, err
	}
	inst := install{bin: bin}
	if os.Geteuid() == 0 { // which postgres refuses to run as
		inst.cred, err = credential("postgres")
	}
	return inst, err
}

// findBin returns the folder of the programs: the newest that pattern names, or the one on PATH.
func findBin(pattern string) (string, error) {
	found, err := filepath.Glob(filepath.Join(pattern, "initdb"))
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, byVersion)), nil
	}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrMissing
	}
	return filepath.Dir(initdb), nil
}

// byVersion orders paths …/VERSION/bin/initdb by their version, as numbers: 9.6 < 15.
func byVersion(a, b string) int {
	return cmp.Compare(version(a), version(b))
}

func version(initdb string) float64 {
	v, err := strconv.ParseFloat(filepath.Base(filepath.Dir(filepath.Dir(initdb))), 64)
	if err != nil {
		return -1
	}
	return v
}

// credential looks a system user up.
func credential(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("root can't run postgres itself: %w", err)
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, fmt.Errorf("user %s: %w", name, err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// own gives a folder to the user that PostgreSQL runs as.
func (i install) own(dir string) error {
	if i.cred == nil {
		return nil
	}
	return os.Chown(dir, int(i.cred.Uid), int(i.cred.Gid))
}

// attr says how to start a program: as the right user, ended with us, and in a
// process group of its own, so that a Ctrl-C meant for the tests is theirs to handle.
func (i install) attr() *syscall.SysProcAttr {
	attr := endWithParent()
	attr.Credential = i.cred
	attr.Setpgid = true
	return attr
}
