package main

import "testing"

func TestGCPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 8 << 20: 200, 20 << 20: 75, 40 << 20: 50, 1 << 40: 50} {
		if got := gcPercentFor(live); got != want {
			t.Errorf("a heap of %d bytes may grow by %d%%, want %d%%", live, got, want)
		}
	}
}
