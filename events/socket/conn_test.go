//go:build linux

package socket_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/events/socket"
)

var _ events.Socket = (*socket.Conn)(nil)

// patience is how long what must happen may take.
const patience = 20 * time.Second

// pair is a connection as the server has it, taken over, and as the client has it.
func pair(t *testing.T, w *socket.Watcher, timeout time.Duration) (*socket.Conn, *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := w.Take(server, timeout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, client.(*net.TCPConn)
}

func watcher(t *testing.T) *socket.Watcher {
	t.Helper()
	w, err := socket.NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// fill writes until the socket takes no more.
func fill(t *testing.T, conn *socket.Conn) (sent int) {
	t.Helper()
	p := make([]byte, 1<<20)
	for {
		n, err := conn.TrySend(p)
		if err != nil {
			t.Fatal(err)
		}
		if sent += n; n < len(p) {
			return sent
		}
	}
}

// hangups has the hangup of a connection sent to a channel.
func hangups(t *testing.T, conn *socket.Conn) <-chan struct{} {
	t.Helper()
	gone := make(chan struct{}, 2)
	if err := conn.OnHangup(func() { gone <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	return gone
}

func want(t *testing.T, gone <-chan struct{}) {
	t.Helper()
	select {
	case <-gone:
	case <-time.After(patience):
		t.Fatal("nobody noticed that the client hung up")
	}
}

func TestConn(t *testing.T) {
	t.Run("what is sent arrives, also when it is closed at once", func(t *testing.T) {
		conn, client := pair(t, watcher(t), patience)
		for _, send := range []func([]byte) error{conn.Send, func(p []byte) error { _, err := conn.TrySend(p); return err }} {
			if err := send([]byte("hello ")); err != nil {
				t.Fatal(err)
			}
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(client); err != nil || string(got) != "hello hello " {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("one that is full takes a part, then nothing, and goes on once it is read", func(t *testing.T) {
		conn, client := pair(t, watcher(t), patience)
		sent := fill(t, conn)
		if n, err := conn.TrySend([]byte("x")); n != 0 || err != nil {
			t.Fatalf("a full socket took %d, %v", n, err)
		}
		done := make(chan error, 1)
		go func() { done <- conn.Send([]byte("the rest")) }()
		got := make([]byte, sent+len("the rest"))
		if _, err := io.ReadFull(client, got); err != nil || !bytes.HasSuffix(got, []byte("the rest")) {
			t.Errorf("got …%q, %v", got[sent:], err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Run("a write that waits fails at its deadline", func(t *testing.T) {
		conn, _ := pair(t, watcher(t), time.Millisecond)
		fill(t, conn)
		for err := error(nil); err == nil; { // the kernel may still find room for some
			if err = conn.Send(make([]byte, 1<<20)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("failed with %v", err)
			}
		}
	})
	t.Run("Abort ends a write that waits, and those that follow", func(t *testing.T) {
		conn, _ := pair(t, watcher(t), time.Hour)
		fill(t, conn)
		done := make(chan error, 1)
		go func() {
			for {
				if err := conn.Send(make([]byte, 1<<20)); err != nil {
					done <- err
					return
				}
			}
		}()
		conn.Abort()
		if err := <-done; err == nil {
			t.Error("it went on")
		}
		if err := conn.Send([]byte("x")); err == nil {
			t.Error("a write after Abort went on")
		}
	})
	t.Run("writing to a client that is gone is an error", func(t *testing.T) {
		conn, client := pair(t, watcher(t), patience)
		gone := hangups(t, conn)
		if err := client.SetLinger(0); err != nil { // a reset
			t.Fatal(err)
		}
		client.Close()
		want(t, gone)
		if _, err := conn.TrySend([]byte("x")); err == nil {
			t.Error("no error")
		}
	})
}

func TestHangup(t *testing.T) {
	t.Run("is noticed when the client closes", func(t *testing.T) {
		conn, client := pair(t, watcher(t), patience)
		gone := hangups(t, conn)
		client.Close()
		want(t, gone)
	})
	t.Run("is noticed when the client had closed before", func(t *testing.T) {
		conn, client := pair(t, watcher(t), patience)
		client.Close()
		want(t, hangups(t, conn))
	})
	t.Run("is noticed behind what the client still says", func(t *testing.T) {
		conn, client := pair(t, watcher(t), patience)
		gone := hangups(t, conn)
		if _, err := client.Write(make([]byte, 10_000)); err != nil {
			t.Fatal(err)
		}
		client.Close()
		want(t, gone)
	})
	t.Run("is what too much talk counts as", func(t *testing.T) {
		conn, client := pair(t, watcher(t), patience)
		gone := hangups(t, conn)
		if _, err := client.Write(make([]byte, 100<<10)); err != nil {
			t.Fatal(err)
		}
		want(t, gone)
	})
	t.Run("is told once, of each of many, whose descriptors are used again", func(t *testing.T) {
		w := watcher(t)
		for range 3 {
			var all []<-chan struct{}
			var clients []net.Conn
			for range 50 {
				conn, client := pair(t, w, patience)
				clients = append(clients, client)
				gone := hangups(t, conn)
				all = append(all, gone)
				defer func() {
					conn.Close()
					if len(gone) != 0 {
						t.Error("told again")
					}
				}()
			}
			for _, c := range clients {
				c.Close()
			}
			for _, gone := range all {
				want(t, gone)
			}
		}
	})
	t.Run("is not told of a connection that its owner closed", func(t *testing.T) {
		w := watcher(t)
		conn, client := pair(t, w, patience)
		gone := hangups(t, conn)
		conn.Close()
		client.Close()
		other, last := pair(t, w, patience) // which the watcher looks at after the first
		also := hangups(t, other)
		last.Close()
		want(t, also)
		if len(gone) != 0 {
			t.Error("told of it")
		}
	})
}

func TestTake(t *testing.T) {
	server, client := net.Pipe()
	defer server.Close()
	defer client.Close()
	if _, err := watcher(t).Take(server, patience); !errors.Is(err, socket.ErrUnsupported) {
		t.Errorf("took a pipe: %v", err)
	}
}
