package socket

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
)

// Watcher notices when the clients of connections hang up: one goroutine and one epoll descriptor for all of them.
type Watcher struct {
	epoll *os.File // made non-blocking, so that the runtime's own poller waits for it
	raw   syscall.RawConn
	done  chan struct{}

	mu    sync.Mutex // guards what follows, and that no connection is closed while it is looked at
	conns map[int32]*Conn
	turn  int32
}

const (
	batch    = 256      // events taken at once
	maxHeard = 64 << 10 // bytes that the client of a stream may send; it has no reason to send any
)

// NewWatcher starts a watcher. Close stops it.
func NewWatcher() (*Watcher, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(fmt.Errorf("epoll: %w", err), syscall.Close(fd))
	}
	w := &Watcher{epoll: os.NewFile(uintptr(fd), "epoll"), done: make(chan struct{}), conns: map[int32]*Conn{}}
	if w.raw, err = w.epoll.SyscallConn(); err != nil {
		return nil, errors.Join(fmt.Errorf("epoll: %w", err), w.epoll.Close())
	}
	go w.run() // joined by Close
	return w, nil
}

// Close stops the watcher. It closes no connection.
func (w *Watcher) Close() error {
	err := w.epoll.Close()
	<-w.done
	return err
}

// add has gone called when the client of a connection hangs up, also when it has done so already.
func (w *Watcher) add(c *Conn, gone func()) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn++
	c.turn, c.hangup = w.turn, gone
	fd := int32(c.fd)
	w.conns[fd] = c
	return w.control(syscall.EPOLL_CTL_ADD, c.fd, &syscall.EpollEvent{
		Events: syscall.EPOLLIN | syscall.EPOLLRDHUP, Fd: fd, Pad: c.turn,
	})
}

// remove forgets a connection that is about to be closed, and does nothing the second time.
func (w *Watcher) remove(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conns[int32(c.fd)] == c {
		delete(w.conns, int32(c.fd))
		_ = w.control(syscall.EPOLL_CTL_DEL, c.fd, nil) // closing it would do the same
	}
}

func (w *Watcher) control(op, fd int, event *syscall.EpollEvent) error {
	var failed error
	err := w.raw.Control(func(epoll uintptr) { failed = syscall.EpollCtl(int(epoll), op, fd, event) })
	return errors.Join(err, failed)
}

// run waits for events until the watcher is closed.
func (w *Watcher) run() {
	defer close(w.done)
	events := make([]syscall.EpollEvent, batch)
	for {
		var n int
		err := w.raw.Read(func(epoll uintptr) bool {
			n, _ = syscall.EpollWait(int(epoll), events, 0) // an error leaves n below 1, and it is tried again
			return n > 0
		})
		if err != nil {
			return // closed
		}
		for i := range events[:n] {
			w.look(&events[i])
		}
	}
}

// look tells a connection's owner if its client has hung up. A client of a stream has nothing more to say; what it
// says is dropped.
func (w *Watcher) look(event *syscall.EpollEvent) {
	w.mu.Lock()
	c := w.conns[event.Fd]
	if c == nil || c.turn != event.Pad || !c.hungUp() {
		w.mu.Unlock()
		return
	}
	delete(w.conns, event.Fd)
	_ = w.control(syscall.EPOLL_CTL_DEL, c.fd, nil) // else it would be reported until its owner closes it
	w.mu.Unlock()
	c.hangup()
}

// hungUp reads what the client has sent, and reports whether that was the last of it, or too much.
func (c *Conn) hungUp() bool {
	var waste [512]byte
	n, err := syscall.Read(c.fd, waste[:])
	if c.heard += max(n, 0); c.heard > maxHeard {
		return true
	}
	return n == 0 && err == nil || err != nil && !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR)
}
