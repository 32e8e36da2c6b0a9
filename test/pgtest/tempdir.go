package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// tempPattern names the folders of throwaway clusters. It is short: a socket's
// whole path must fit in about 100 bytes.
const tempPattern = "homeroom-pg-*"

// lockName is the file in such a folder whose lock tells that its owner lives.
// The kernel drops the lock with the process, so nothing can claim it falsely.
const lockName = "owner.lock"

// tempDir is a cluster's folder, marked as in use.
type tempDir struct {
	path string
	lock *os.File
}

// newTempDir makes a folder, and removes those whose owners were killed.
func newTempDir() (*tempDir, error) {
	sweep()
	path, err := os.MkdirTemp("", tempPattern)
	if err != nil {
		return nil, err
	}
	lock, err := lockFolder(path)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return &tempDir{path: path, lock: lock}, nil
}

// lockFolder marks a folder as ours. The lock is taken before the file gets its
// name, so that no sweep can come between.
func lockFolder(path string) (*os.File, error) {
	f, err := os.CreateTemp(path, "lock-*")
	if err != nil {
		return nil, err
	}
	if err := flock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := os.Rename(f.Name(), filepath.Join(path, lockName)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// remove removes the folder and all in it. It may be called again.
func (d *tempDir) remove() error {
	err := os.RemoveAll(d.path)
	_ = d.lock.Close() // after the folder: a sweep must not remove it at the same time
	return err
}

// sweep removes the folders that killed processes left. What it can't remove is
// another user's, or another sweep's.
func sweep() {
	locks, _ := filepath.Glob(filepath.Join(os.TempDir(), tempPattern, lockName))
	for _, name := range locks {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if flock(f) == nil {
			_ = os.RemoveAll(filepath.Dir(name))
		}
		_ = f.Close()
	}
}

// flock takes an exclusive lock, or fails at once.
func flock(f *os.File) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}
