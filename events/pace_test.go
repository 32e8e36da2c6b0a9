package events

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	run := func(t *testing.T, story func(p *pace, told func() []string), more func(class string) bool) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			p := newPace(time.Second)
			began := time.Now()
			var mu sync.Mutex // guards list
			var list []string
			go p.run(t.Context(), func(class string) bool {
				mu.Lock()
				defer mu.Unlock()
				list = append(list, fmt.Sprintf("%s at %v", class, time.Since(began)))
				return more(class)
			})
			story(p, func() []string {
				synctest.Wait()
				mu.Lock()
				defer mu.Unlock()
				return slices.Clone(list)
			})
		})
	}
	enough := func(string) bool { return false }
	want := func(t *testing.T, told func() []string, want ...string) {
		t.Helper()
		if got := told(); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	}

	t.Run("the first at once, the next together after the interval", func(t *testing.T) {
		run(t, func(p *pace, told func() []string) {
			p.mark("a")
			want(t, told, "a at 0s")
			for range 3 {
				time.Sleep(100 * time.Millisecond) // fake time
				p.mark("a")
			}
			want(t, told, "a at 0s")
			time.Sleep(10 * time.Second) // fake time
			want(t, told, "a at 0s", "a at 1s")
			p.mark("a")
			want(t, told, "a at 0s", "a at 1s", "a at 10.3s")
		}, enough)
	})
	t.Run("a busy class doesn't hold up another", func(t *testing.T) {
		run(t, func(p *pace, told func() []string) {
			p.mark("a")
			time.Sleep(300 * time.Millisecond) // fake time
			p.mark("a")
			p.mark("b")
			want(t, told, "a at 0s", "b at 300ms")
			time.Sleep(200 * time.Millisecond) // fake time
			p.mark("b")
			time.Sleep(10 * time.Second) // fake time
			want(t, told, "a at 0s", "b at 300ms", "a at 1s", "b at 1.3s")
			if len(p.turns)+len(p.later)+len(p.fresh) > 0 {
				t.Errorf("kept %v", p.turns)
			}
		}, enough)
	})
	t.Run("what is left has another turn", func(t *testing.T) {
		left := 3
		run(t, func(p *pace, told func() []string) {
			p.mark("a")
			time.Sleep(10 * time.Second) // fake time
			want(t, told, "a at 0s", "a at 1s", "a at 2s")
		}, func(string) bool { left--; return left > 0 })
	})
}
