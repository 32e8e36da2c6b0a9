package events

import (
	"slices"
	"testing"
)

func TestRing(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 8} {
		r := ring{limit: limit}
		var all []int64
		for seq := int64(1); seq <= 20; seq++ {
			r.push(&Frame{seq: seq})
			all = append(all, seq)
			kept := min(limit, len(all))
			for n := 0; n <= kept; n++ {
				older, newer := r.newest(n)
				var got []int64
				for _, f := range slices.Concat(older, newer) {
					got = append(got, f.seq)
				}
				if want := all[len(all)-n:]; !slices.Equal(got, want) {
					t.Fatalf("limit %d, head %d: newest(%d) = %v, want %v", limit, seq, n, got, want)
				}
			}
			if !r.covers(seq-int64(kept), seq) {
				t.Errorf("limit %d, head %d: does not cover its own %d frames", limit, seq, kept)
			}
			if r.covers(seq-int64(kept)-1, seq) {
				t.Errorf("limit %d, head %d: covers more than its %d frames", limit, seq, kept)
			}
		}
	}
}
