package load

// verdict says how an event fits to what came before it.
type verdict int

const (
	inOrder   verdict = iota
	afterHole         // some before it haven't come
	late              // it fills a hole: the order is wrong
	doubled           // it was there before
)

// maxHoles bounds what a verifier remembers of what is missing. What is beyond it is lost, even if it comes late.
const maxHoles = 1024

// hole is a range of seqs that were skipped, both ends included.
type hole struct{ from, to int64 }

// verifier checks that the events of one channel come one after another, each once, over any number of connections.
type verifier struct {
	next  int64 // the seq that is due
	holes []hole

	doubled int64
	late    int64
	lost    int64 // in holes that are no longer remembered
}

// take judges the next event.
func (v *verifier) take(seq int64) verdict {
	switch {
	case seq == v.next:
		v.next++
		return inOrder
	case seq > v.next:
		v.addHole(hole{v.next, seq - 1})
		v.next = seq + 1
		return afterHole
	case v.fill(seq):
		v.late++
		return late
	default:
		v.doubled++
		return doubled
	}
}

func (v *verifier) addHole(h hole) {
	if len(v.holes) == maxHoles {
		v.lost += h.to - h.from + 1
		return
	}
	v.holes = append(v.holes, h)
}

// fill takes a seq out of the hole that it is in, if any.
func (v *verifier) fill(seq int64) bool {
	for i, h := range v.holes {
		if seq < h.from || seq > h.to {
			continue
		}
		v.holes = append(v.holes[:i], v.holes[i+1:]...)
		if h.from < seq {
			v.addHole(hole{h.from, seq - 1})
		}
		if seq < h.to {
			v.addHole(hole{seq + 1, h.to})
		}
		return true
	}
	return false
}

// missing is how many events up to head have not come, and the first of them.
func (v *verifier) missing(head int64) (n, first int64) {
	n, first = v.lost, 0
	for _, h := range v.holes {
		n += h.to - h.from + 1
		if first == 0 || h.from < first {
			first = h.from
		}
	}
	if v.next <= head {
		n += head - v.next + 1
		if first == 0 {
			first = v.next
		}
	}
	return n, first
}
