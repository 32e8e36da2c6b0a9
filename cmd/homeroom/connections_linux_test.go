package main

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestPeerTimeout looks whether connections that are accepted have what was set on their listener.
func TestPeerTimeout(t *testing.T) {
	listener, err := (&connectionFlags{PeerTimeout: 7 * time.Second}).listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	raw, err := accepted.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for name, option := range map[string]struct{ name, want int }{
		"TCP_USER_TIMEOUT": {unix.TCP_USER_TIMEOUT, 7000},
		"TCP_KEEPIDLE":     {unix.TCP_KEEPIDLE, int(keepAliveIdle.Seconds())},
		"TCP_KEEPINTVL":    {unix.TCP_KEEPINTVL, int(keepAliveEvery.Seconds())},
		"TCP_KEEPCNT":      {unix.TCP_KEEPCNT, keepAliveMost},
	} {
		var got int
		var failed error
		if err := raw.Control(func(fd uintptr) { got, failed = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, option.name) }); err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		if got != option.want {
			t.Errorf("%s is %d, want %d", name, got, option.want)
		}
	}
}
