package events

import "sync"

// chunk is how much a stream writes at once. A frame is never split, so a write can be larger by one frame.
const chunk = 32 << 10

var chunks = sync.Pool{New: func() any { b := make([]byte, 0, chunk+chunk/2); return &b }}

// takeChunk is an empty buffer from the pool.
func takeChunk() *[]byte { return chunks.Get().(*[]byte) }

// returnChunk puts a buffer back. One that a giant frame has blown up is left to the collector.
func returnChunk(b *[]byte) {
	if cap(*b) <= 4*chunk {
		*b = (*b)[:0]
		chunks.Put(b)
	}
}

// appendFrame adds a frame as this stream sends it: an event carries the cursor after it.
func (s *Stream) appendFrame(b []byte, f *Frame) []byte {
	s.note(f)
	if f.seq != 0 {
		b = append(b, "id: "...)
		b = s.appendMark(b, s.told)
		b = append(b, '\n')
	}
	return append(b, f.body...)
}
