package events

// ring keeps the newest frames of one channel, contiguous by seq.
type ring struct {
	frames []*Frame // a circle once it is full
	start  int      // index of the oldest
	limit  int
}

// push adds the next frame, forgetting the oldest when full.
func (r *ring) push(f *Frame) {
	if len(r.frames) < r.limit {
		r.frames = append(r.frames, f)
		return
	}
	r.frames[r.start] = f
	r.start = (r.start + 1) % r.limit
}

// covers reports whether every frame after seq, up to head, is in the ring.
func (r *ring) covers(seq, head int64) bool { return head-seq <= int64(len(r.frames)) }

// after returns the newest n frames, oldest first, in two runs.
func (r *ring) newest(n int) (older, newer []*Frame) {
	skip := r.start + len(r.frames) - n
	if skip >= len(r.frames) {
		return nil, r.frames[skip-len(r.frames) : r.start]
	}
	return r.frames[skip:], r.frames[:r.start]
}
