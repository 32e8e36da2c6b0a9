package handlers

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// wantCounts checks what is counted for a key in the minute after some others.
func wantCounts(t *testing.T, column tallyColumn, key string, minutes, current, previous int) {
	t.Helper()
	window := noon.Add(time.Duration(minutes) * limitWindow)
	c, p, err := column.Get(key, window, window.Add(-limitWindow))
	if c != current || p != previous || err != nil {
		t.Errorf("%s after %d minutes: %d and %d before, want %d and %d; %v", key, minutes, c, p, current, previous, err)
	}
}

func count(column tallyColumn, key string, minutes int) {
	_ = column.Increment(key, noon.Add(time.Duration(minutes)*limitWindow))
}

func TestTallyTurns(t *testing.T) {
	posts := newTally(10).of(posting)
	count(posts, "anna", 0)
	count(posts, "anna", 0)
	wantCounts(t, posts, "anna", 0, 2, 0)
	wantCounts(t, posts, "ben", 0, 0, 0)
	count(posts, "anna", 1)
	wantCounts(t, posts, "anna", 1, 1, 2)
	count(posts, "anna", 0) // a call that began before the minute did
	wantCounts(t, posts, "anna", 1, 2, 2)
	wantCounts(t, posts, "anna", 2, 0, 2)
	wantCounts(t, posts, "anna", 4, 0, 0)
	count(posts, "anna", 4)
	wantCounts(t, posts, "anna", -100, 0, 0) // the clock was set back
	count(posts, "anna", -100)
	wantCounts(t, posts, "anna", -100, 1, 0)
}

// TestTallyForgets is about who can make the service forget what was counted: only more others than it holds.
func TestTallyForgets(t *testing.T) {
	posts := newTally(100).of(posting)
	count(posts, "anna", 0)
	for i := range 99 {
		count(posts, strconv.Itoa(i), 0)
	}
	wantCounts(t, posts, "anna", 0, 1, 0) // and a refused call, which only looks, keeps it too
	for i := range 99 {
		count(posts, strconv.Itoa(100+i), 0)
	}
	wantCounts(t, posts, "anna", 0, 1, 0)
	for i := range 100 {
		count(posts, strconv.Itoa(200+i), 0)
	}
	wantCounts(t, posts, "anna", 0, 0, 0)
}

// TestTallyIsBounded pours a million users and addresses with long names into one.
func TestTallyIsBounded(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	const most = 40 << 20
	before := heap()
	full := newTally(maxTallyKeys)
	for i := range 1_000_000 {
		count(full.of(limitKind(i%int(limitKinds))), strconv.Itoa(i)+strings.Repeat("x", 120), i/250_000)
	}
	if n := full.keys.Len(); n != maxTallyKeys {
		t.Errorf("%d keys", n)
	}
	grown := int64(heap()) - int64(before)
	t.Logf("%d keys take %.1f MB", full.keys.Len(), float64(grown)/(1<<20))
	if grown > most {
		t.Errorf("the heap grew by %d bytes, want at most %d", grown, most)
	}
	runtime.KeepAlive(full)
}
