package events

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemory(t *testing.T) {
	t.Run("above the limit newcomers are turned away and the slowest is cut, and others stay", func(t *testing.T) {
		var used atomic.Uint64
		cfg := Config{MemoryLimit: 1000, MemoryUsed: used.Load}
		inBubble(t, cfg, func(f *fixture) {
			used.Store(1000) // which is not above
			quick, slow := f.open("s", nil), f.open("t", nil)
			<-slow.gate
			f.post(2) // one is being written, one waits
			synctest.Wait()
			f.post(1)
			time.Sleep(memoryEvery) // fake time
			synctest.Wait()
			if len(slow.ended) != 0 {
				t.Fatal("cut at the limit")
			}
			used.Store(1001)
			time.Sleep(memoryEvery) // fake time
			if reason := slow.end(); reason != ReasonSlowReader {
				t.Errorf("the slowest ended for %s", reason)
			}
			if _, err := f.hub.Open(t.Context(), Request{User: "s", Class: class}); !errors.Is(err, ErrOverloaded) {
				t.Errorf("a newcomer got %v", err)
			}
			f.post(1)
			f.wantSeqs(quick, span(3, 6))
			used.Store(960)         // not yet a twentieth below
			time.Sleep(memoryEvery) // fake time
			if _, err := f.hub.Open(t.Context(), Request{User: "s", Class: class}); !errors.Is(err, ErrOverloaded) {
				t.Errorf("a newcomer got %v", err)
			}
			used.Store(950)
			time.Sleep(memoryEvery) // fake time
			synctest.Wait()
			f.wantSeqs(f.open("t", slow.cursor()), span(3, 6))
			used.Store(0)
		})
	})
}

func TestUsedMemory(t *testing.T) {
	if used := UsedMemory(); used < 1<<20 || used > 1<<40 {
		t.Errorf("%d bytes", used)
	}
}
