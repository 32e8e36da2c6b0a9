package e2e_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"homeroom/test/harness"
)

// page is the body of the messages of a flood: so large that a server which
// kept them all for a reader would be seen to.
var page = strings.Repeat("The mitochondria is the powerhouse of the cell. ", 42)

// flood posts n messages over several connections. Done is closed at the end.
type flood struct {
	done   chan struct{}
	failed atomic.Int64
}

func startFlood(t *testing.T, c *harness.Client, class string, n, writers int) *flood {
	t.Helper()
	f := &flood{done: make(chan struct{})}
	var next atomic.Int64
	var posting sync.WaitGroup
	for range writers {
		posting.Go(func() {
			for i := next.Add(1); i <= int64(n) && f.failed.Load() == 0; i = next.Add(1) {
				if _, err := c.TryPost(t.Context(), class, fmt.Sprintf("%d: %s", i, page)); err != nil {
					t.Errorf("post: %v", err)
					f.failed.Add(1)
				}
			}
		})
	}
	go func() {
		posting.Wait()
		close(f.done)
	}()
	return f
}

// peakRSS is the highest memory of the server up to the end of the flood.
func (f *flood) peakRSS(t *testing.T, srv *harness.Server) int64 {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for peak := int64(0); ; {
		peak = max(peak, srv.RSS(t))
		select {
		case <-tick.C:
		case <-f.done:
			return peak
		}
	}
}

func TestStall(t *testing.T) {
	t.Parallel()
	const writers = 64
	harness.EachDatabase(t, func(t *testing.T, db string) {
		t.Run("a reader that stops reading is cut, costs little, and resumes completely", func(t *testing.T) {
			messages, warmup := scale(50_000, 3_000, 3_000), scale(4_000, 500, 500)
			growth := int64(64 << 20)
			if harness.Race {
				growth *= 3 // the detector's shadow of every byte that was ever used
			}
			r := openRoom(t, harness.Options{Database: db, Args: []string{"--write-timeout", "2s", "--retry", "100ms"}})
			poster := r.as(t, ben).Unchecked()
			readers := []*harness.Follower{
				r.as(t, dora).Follow(r.class, "").Live(), r.as(t, clio).Follow(r.class, "").Live(),
			}
			before := startFlood(t, poster, r.class, warmup, writers).peakRSS(t, r.srv)

			stuck := r.as(t, dora).Stuck(r.class, "")
			begun := time.Now()
			during := startFlood(t, poster, r.class, messages, writers).peakRSS(t, r.srv)
			t.Logf("%d messages in %v; memory %d MiB before, %d MiB during", messages, time.Since(begun).Round(time.Millisecond), before>>20, during>>20)
			if during > before+growth {
				t.Errorf("the server grew from %d to %d MiB, want at most %d more", before>>20, during>>20, growth>>20)
			}
			last := r.as(t, anna).Post(r.class, "the end of it")
			for _, f := range readers {
				f.WaitSeq(last.Seq)
				f.Stop()
			}
			r.srv.WaitLog(t, "stream closed", map[string]string{"connection": stuck.Ready.Parsed.Connection})
			checkResumesAfterStall(t, r, stuck, last.Seq)
		})

		t.Run("a reader that stops reading delays no other, even before it is cut", func(t *testing.T) {
			r := openRoom(t, harness.Options{Database: db, Args: []string{"--write-timeout", "10m", "--queue", "1000000"}})
			reader := r.as(t, clio).Follow(r.class, "").Live()
			var stuck []*harness.Stuck
			for range 5 {
				stuck = append(stuck, r.as(t, dora).Stuck(r.class, ""))
			}
			<-startFlood(t, r.as(t, ben).Unchecked(), r.class, scale(5_000, 2_000, 2_000), writers).done
			last := r.as(t, anna).Post(r.class, "the end of it")
			reader.WaitSeq(last.Seq)
			for _, s := range stuck {
				for _, closed := range r.srv.Logs().Records("stream closed") {
					if closed.Text("connection") == s.Ready.Parsed.Connection {
						t.Errorf("a reader was cut against its settings: %v", closed)
					}
				}
				s.Close()
			}
		})
	})
}

// checkResumesAfterStall reads what the cut reader still had in its socket,
// and goes on from its last cursor: together that is everything.
func checkResumesAfterStall(t *testing.T, r room, stuck *harness.Stuck, head int64) {
	t.Helper()
	cursor, seqs := stuck.Drain()
	for i := 1; i < len(seqs); i++ {
		if seqs[i] != seqs[i-1]+1 {
			t.Fatalf("before the cut seq %d followed %d", seqs[i], seqs[i-1])
		}
	}
	if len(seqs) > 0 && seqs[len(seqs)-1] >= head {
		t.Fatal("the reader was never behind: the story did not happen")
	}
	resumed := r.as(t, dora).Follow(r.class, cursor)
	resumed.WaitSeq(head)
	resumed.Stop()
	sights := resumed.Seen()
	if len(seqs) > 0 && sights[0].Seq != seqs[len(seqs)-1]+1 {
		t.Errorf("resumed with %d after %d", sights[0].Seq, seqs[len(seqs)-1])
	}
	t.Logf("cut after %d events, resumed with %d more", len(seqs), len(sights))
}
