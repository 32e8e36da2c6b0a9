package handlers

import (
	"bytes"
	"net"
	"net/http"
	"time"

	"homeroom/events"
)

// takeOver takes a plain HTTP/1.1 connection from net/http and sends the header of a stream on it, or reports false
// and leaves everything as it was. The stream then needs neither net/http's buffers nor its goroutines. Its end is the
// end of the connection (RFC 9112, 6.3), so it needs no chunks either.
func (s *Server) takeOver(w http.ResponseWriter, r *http.Request) (events.Socket, bool) {
	if s.sockets == nil || r.TLS != nil || r.ProtoMajor != 1 {
		return nil, false
	}
	conn, _, err := http.NewResponseController(w).Hijack() // what the client has sent after its request is dropped
	if err != nil {
		return nil, false
	}
	taken, err := s.sockets.Take(conn, s.writeTimeout)
	if err != nil {
		return lost{conn, err}, true
	}
	_ = taken.Send(streamHead(w.Header())) // if that fails, so does what comes next
	return taken, true
}

// lost is a connection that could be taken from net/http and then not be used.
type lost struct {
	net.Conn
	err error
}

func (l lost) Send([]byte) error           { return l.err }
func (l lost) TrySend([]byte) (int, error) { return 0, l.err }
func (l lost) OnHangup(func()) error       { return l.err }
func (l lost) Abort()                      {}

// streamHead is the head of the response that is a stream.
func streamHead(header http.Header) []byte {
	setStreamHeader(header)
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	header.Set("Connection", "close")
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\n")
	_ = header.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	return b.Bytes()
}
