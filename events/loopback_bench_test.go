//go:build linux

package events

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"homeroom/events/socket"
)

// BenchmarkLoopback measures one event until every client has read it, over real connections: from the hub, and from
// floor, which makes one write per delivery and does nothing else. The clients' reading is in both.
func BenchmarkLoopback(b *testing.B) {
	for _, streams := range []int{100, 1000} {
		b.Run(fmt.Sprintf("floor/streams=%d", streams), func(b *testing.B) { benchFloor(b, streams) })
		b.Run(fmt.Sprintf("hub/streams=%d", streams), func(b *testing.B) { benchLoopback(b, streams) })
	}
}

// crowd is a number of clients on loopback. Pending counts the frames that they have yet to read.
type crowd struct {
	servers []net.Conn
	pending sync.WaitGroup
	reading sync.WaitGroup
}

func newCrowd(b *testing.B, n int) *crowd {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	c := &crowd{}
	for range n {
		client, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		server, err := listener.Accept()
		if err != nil {
			b.Fatal(err)
		}
		c.servers = append(c.servers, server)
		c.reading.Go(func() { c.read(client) })
	}
	b.Cleanup(func() {
		for _, server := range c.servers {
			server.Close()
		}
		c.reading.Wait()
	})
	return c
}

// read reads until the server closes.
func (c *crowd) read(client net.Conn) {
	defer client.Close()
	buf := make([]byte, 8<<10)
	var last byte
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		frames := bytes.Count(buf[:n], []byte("\n\n"))
		if last == '\n' && buf[0] == '\n' {
			frames++
		}
		last = buf[n-1]
		c.pending.Add(-frames)
	}
}

func benchFloor(b *testing.B, streams int) {
	c := newCrowd(b, streams)
	fds := make([]int, streams)
	for i, server := range c.servers {
		raw, err := server.(*net.TCPConn).SyscallConn()
		if err != nil {
			b.Fatal(err)
		}
		if err := raw.Control(func(fd uintptr) { fds[i] = int(fd) }); err != nil {
			b.Fatal(err)
		}
	}
	frame := []byte("id: e1.1.0.0.c\nevent: message.created\ndata: " + string(bytes.Repeat([]byte("x"), 100)) + "\n\n")
	for b.Loop() {
		c.pending.Add(streams)
		for _, fd := range fds {
			if _, err := syscall.Write(fd, frame); err != nil {
				b.Fatal(err)
			}
		}
		c.pending.Wait()
	}
	reportDelivery(b, streams)
}

func benchLoopback(b *testing.B, streams int) {
	c := newCrowd(b, streams)
	watcher, err := socket.NewWatcher()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { watcher.Close() })
	log, hub := benchHub(b)
	c.pending.Add(streams)
	for _, server := range c.servers {
		conn, err := watcher.Take(server, time.Minute)
		if err != nil {
			b.Fatal(err)
		}
		benchStream(b, hub).Serve(conn, time.Now().Add(time.Hour), func(Ended) {})
	}
	c.pending.Wait() // everyone's stream.ready
	for b.Loop() {
		c.pending.Add(streams)
		hub.Publish([]Event{log.commit(class, MessageCreated, "s")})
		c.pending.Wait()
	}
	reportDelivery(b, streams)
	c.pending.Add(streams) // stream.closing
}
