package load

import (
	"fmt"
	"sync"
)

// tape is what a class's log has, by all accounts: those of the answers to posts, and of every reader. It finds a post
// that is there twice, under whatever seqs, and readers who are told different things.
type tape struct {
	mu    sync.Mutex // guards what follows
	base  int64      // the last seq before the first post
	posts []int64    // by seq - base - 1; 0: nobody has told yet
	seqs  []int64    // by number of the post - 1; 0: nobody has told yet
}

// note takes an account: that the event seq is this post. It returns an error if others told otherwise.
func (t *tape) note(seq, post int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, by := seq-t.base-1, post-1
	if at < 0 || by < 0 || at > t.most() || by > t.most() {
		return fmt.Errorf("event %d can't be post %d", seq, post)
	}
	t.posts, t.seqs = reach(t.posts, at), reach(t.seqs, by)
	switch {
	case t.posts[at] == post && t.seqs[by] == seq:
		return nil
	case t.posts[at] != 0 && t.posts[at] != post:
		return fmt.Errorf("event %d is post %d here and post %d elsewhere", seq, post, t.posts[at])
	case t.seqs[by] != 0:
		return fmt.Errorf("post %d is event %d and event %d", post, t.seqs[by], seq)
	}
	t.posts[at], t.seqs[by] = post, seq
	return nil
}

// maxStep is by how far an account may go beyond all before it: more than can be under way at once, and less than
// would cost memory.
const maxStep = 1 << 20

func (t *tape) most() int64 { return int64(max(len(t.posts), len(t.seqs)) + maxStep) }

// reach makes a list long enough for an index.
func reach(list []int64, index int64) []int64 {
	for int64(len(list)) <= index {
		list = append(list, 0)
	}
	return list
}
