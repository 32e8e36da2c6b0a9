package load

import (
	"errors"
	"syscall"
)

// narrow has a connection that isn't made yet hold little, so that a reader who stops reading is soon felt.
func narrow(_, _ string, raw syscall.RawConn) error {
	var set error
	err := raw.Control(func(fd uintptr) {
		set = errors.Join(
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, slowBuffer),
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, slowPacket),
		)
	})
	return errors.Join(err, set)
}
