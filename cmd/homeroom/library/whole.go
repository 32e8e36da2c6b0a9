// Package library makes up for what the client of r3labs/sse does otherwise than the HTML standard.
package library

import (
	"bytes"
	"io"
	"slices"
)

// room is how many bytes there is room for at least when a stream is read.
const room = 4 << 10

// Whole reads a stream up to its last whole frame. Where a connection ends in the middle of one, the library takes what has
// come of it for a frame, and its id with it, so that what was cut off would be lost: such a frame is to be dropped (HTML
// standard, 9.2.6). A frame is held back until it is whole, or has more than most bytes, which is for the library to refuse.
func Whole(body io.ReadCloser, most int) io.ReadCloser {
	return &whole{ReadCloser: body, most: most}
}

type whole struct {
	io.ReadCloser
	most  int
	buf   []byte // what was read and not given out
	ready int    // how much of it is to be: up to the end of a frame
	err   error  // how the stream ended
}

func (w *whole) Read(p []byte) (int, error) {
	for w.ready == 0 {
		if w.err != nil {
			return 0, w.err
		}
		w.fill()
	}
	n := copy(p, w.buf[:w.ready])
	w.buf, w.ready = w.buf[n:], w.ready-n
	return n, nil
}

// fill reads on.
func (w *whole) fill() {
	w.buf = slices.Grow(w.buf, room)
	var n int
	n, w.err = w.ReadCloser.Read(w.buf[len(w.buf):cap(w.buf)])
	w.buf = w.buf[:len(w.buf)+n]
	if end := bytes.LastIndex(w.buf, []byte("\n\n")); end >= 0 {
		w.ready = end + len("\n\n")
	} else if len(w.buf) > w.most {
		w.ready = len(w.buf)
	}
}
