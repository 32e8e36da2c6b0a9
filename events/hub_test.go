package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const class = "c"

// fixture is a hub over a log that has a class with members t and s, in fake time.
type fixture struct {
	t       *testing.T
	log     *memLog
	hub     *Hub
	sockets bool // streams are served to sockets, rather than run to sinks
}

// inBubble runs a story in fake time, in which nothing is left running at the end: once with streams that a goroutine
// runs, and once with streams on sockets, which must be the same to everybody.
func inBubble(t *testing.T, cfg Config, story func(*fixture)) {
	t.Helper()
	for kind, sockets := range map[string]bool{"sink": false, "socket": true} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := openBubble(t, cfg, sockets)
				defer f.hub.Close()
				story(f)
			})
		})
	}
}

// openBubble makes the fixture of a story.
func openBubble(t *testing.T, cfg Config, sockets bool) *fixture {
	t.Helper()
	f := &fixture{t: t, log: newMemLog(), sockets: sockets}
	f.log.commit(class, MemberJoined, "t")
	f.log.commit(class, MemberJoined, "s")
	cfg.Log = f.log
	var err error
	if f.hub, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	return f
}

// post commits and publishes n messages.
func (f *fixture) post(n int) {
	for range n {
		f.hub.Publish([]Event{f.log.commit(class, MessageCreated, "")})
	}
}

// reader runs a stream and remembers what it got.
type reader struct {
	t       *testing.T
	stop    func() // the client hangs up
	ended   chan Ended
	gate    chan struct{} // holds the right to read; taken: the reader doesn't read
	aborted chan struct{}
	once    sync.Once

	mu     sync.Mutex // guards what follows
	frames []received
	part   string // of a frame that is not there in full
	tries  int
	hangup func()
	closed bool
}

type received struct {
	id, event, data string
}

func (r *reader) Send(p []byte) error {
	select {
	case <-r.aborted: // also if it reads again
		return errors.New("aborted")
	default:
	}
	select {
	case <-r.gate:
		r.gate <- struct{}{}
	case <-r.aborted:
		return errors.New("aborted")
	}
	r.take(p)
	return nil
}

// TrySend takes all, or half every third time, or nothing while the reader doesn't read.
func (r *reader) TrySend(p []byte) (int, error) {
	select {
	case <-r.gate:
		r.gate <- struct{}{}
	default:
		return 0, nil
	}
	r.mu.Lock()
	r.tries++
	n := len(p)
	if r.tries%3 == 0 {
		n /= 2
	}
	r.mu.Unlock()
	r.take(p[:n])
	return n, nil
}

func (r *reader) OnHangup(gone func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hangup = gone
	return nil
}

func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		r.t.Error("closed twice")
	}
	r.closed = true
	return nil
}

// take reads the frames that are there in full.
func (r *reader) take(p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		r.t.Error("written to after it was closed")
	}
	r.part += string(p)
	for {
		block, rest, whole := strings.Cut(r.part, "\n\n")
		if !whole {
			return
		}
		r.part = rest
		r.frames = append(r.frames, r.parse(block))
	}
}

func (r *reader) parse(block string) (f received) {
	for line := range strings.SplitSeq(block, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "id":
			f.id = value
		case "event":
			f.event = value
		case "data":
			f.data = value
		case "retry":
		default:
			r.t.Errorf("line %q", line)
		}
	}
	return f
}

func newReader(t *testing.T) *reader {
	r := &reader{t: t, ended: make(chan Ended, 1), gate: make(chan struct{}, 1), aborted: make(chan struct{})}
	r.gate <- struct{}{}
	return r
}

func (r *reader) Abort() { r.once.Do(func() { close(r.aborted) }) }

// got is all frames of some types.
func (r *reader) got(types ...Type) []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []received
	for _, f := range r.frames {
		if slices.Contains(types, Type(f.event)) {
			list = append(list, f)
		}
	}
	return list
}

// cursor is the last id.
func (r *reader) cursor() *Cursor {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range slices.Backward(r.frames) {
		if f.id != "" {
			c, err := ParseCursor(f.id)
			if err != nil {
				r.t.Fatal(err)
			}
			return &c
		}
	}
	r.t.Fatal("no id in any frame")
	return nil
}

// seqs are those of the logged events received.
func (r *reader) seqs() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var seqs []int64
	for _, f := range r.frames {
		var e struct{ Seq int64 }
		if err := json.Unmarshal([]byte(f.data), &e); err != nil {
			r.t.Errorf("data %q: %v", f.data, err)
		}
		if e.Seq != 0 {
			seqs = append(seqs, e.Seq)
		}
	}
	return seqs
}

// open runs a stream of the class for a user until the story ends.
func (f *fixture) open(user string, after *Cursor) *reader {
	f.t.Helper()
	return f.run(Request{User: user, Class: class, After: after})
}

// run runs any stream until the story ends.
func (f *fixture) run(req Request) *reader {
	f.t.Helper()
	r := newReader(f.t)
	ctx, stop := context.WithCancel(f.t.Context())
	s, err := f.hub.Open(ctx, req)
	if err != nil {
		f.t.Fatal(err)
	}
	f.start(ctx, s, r, time.Now().Add(time.Hour))
	if r.stop = stop; f.sockets {
		r.stop = func() { stop(); r.hangup() }
	}
	return r
}

// start sends a stream to a reader, the way that the story is about.
func (f *fixture) start(ctx context.Context, s *Stream, r *reader, expires time.Time) {
	if f.sockets {
		go s.Serve(r, expires, func(ended Ended) { r.ended <- ended })
	} else {
		go func() { r.ended <- s.Run(ctx, r, expires) }()
	}
	synctest.Wait()
}

// end waits for the stream's end and tells its reason.
func (r *reader) end() Reason { return (<-r.ended).Reason }

func span(from, to int64) []int64 {
	var list []int64
	for n := from; n <= to; n++ {
		list = append(list, n)
	}
	return list
}

func (f *fixture) wantSeqs(r *reader, want []int64) {
	f.t.Helper()
	synctest.Wait()
	if got := r.seqs(); !slices.Equal(got, want) {
		f.t.Errorf("got seqs %v, want %v", got, want)
	}
}

func TestStream(t *testing.T) {
	t.Run("gives a cursor first, then what comes, in order", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			if first := r.frames[0]; first.event != "stream.ready" || first.id != r.cursor().String() {
				t.Errorf("first frame is %+v", first)
			}
			f.post(3)
			f.wantSeqs(r, span(3, 5))
		})
	})
	t.Run("resumes right after its cursor, from the ring", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			f.post(2)
			synctest.Wait()
			r.stop()
			r.end()
			f.post(3)
			again := f.open("s", r.cursor())
			f.post(1)
			f.wantSeqs(again, span(5, 8))
			if _, reads := f.log.counts(); reads != 0 {
				t.Errorf("the log was read %d times; the ring had it all", reads)
			}
		})
	})
	t.Run("resumes from the log when it is beyond the ring", func(t *testing.T) {
		inBubble(t, Config{Ring: 4}, func(f *fixture) {
			r := f.open("s", nil)
			r.stop()
			r.end()
			f.post(2 * logBatch)
			again := f.open("s", r.cursor())
			f.post(1)
			f.wantSeqs(again, span(3, 2*logBatch+3))
		})
	})
	t.Run("gets what another process wrote, by the check of heads", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			f.log.commit(class, MessageCreated, "")
			f.wantSeqs(r, nil)
			time.Sleep(DefaultPoll) // fake time
			f.wantSeqs(r, span(3, 3))
		})
	})
	t.Run("gets events in order though they are published out of order", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			a, b, c := f.log.commit(class, MessageCreated, ""), f.log.commit(class, MessageCreated, ""), f.log.commit(class, MessageCreated, "")
			f.hub.Publish([]Event{c})
			f.hub.Publish([]Event{a, b, c})
			f.hub.Publish([]Event{b})
			f.wantSeqs(r, span(3, 5))
		})
	})
	t.Run("beats while nothing happens", func(t *testing.T) {
		inBubble(t, Config{Heartbeat: time.Second}, func(f *fixture) {
			r := f.open("s", nil)
			time.Sleep(10 * time.Second) // fake time
			synctest.Wait()
			if n := len(r.got(Heartbeat)); n != 10 {
				t.Errorf("%d heartbeats in ten intervals", n)
			}
			for _, beat := range r.got(Heartbeat) {
				if beat.id != "" {
					t.Errorf("a heartbeat has the id %q", beat.id)
				}
			}
		})
	})
	t.Run("ends when its token expires", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			time.Sleep(time.Hour) // fake time
			if reason := r.end(); reason != ReasonTokenExpired {
				t.Errorf("ended for %s", reason)
			}
			if len(r.got(StreamClosing)) != 1 {
				t.Error("the client was not told")
			}
		})
	})
	t.Run("survives an outage of the log", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			f.log.setDown(errDown)
			f.log.commit(class, MessageCreated, "")
			time.Sleep(time.Minute) // fake time
			f.wantSeqs(r, nil)
			f.log.setDown(nil)
			time.Sleep(DefaultPoll) // fake time
			f.wantSeqs(r, span(3, 3))
		})
	})
}

func TestSlowReader(t *testing.T) {
	t.Run("is cut, delays nobody, and resumes completely", func(t *testing.T) {
		inBubble(t, Config{Queue: 8, Ring: 8}, func(f *fixture) {
			slow, quick := f.open("s", nil), f.open("t", nil)
			<-slow.gate
			for range 100 {
				f.post(1)
				synctest.Wait()
			}
			f.wantSeqs(quick, span(3, 102))
			if reason := slow.end(); reason != ReasonSlowReader {
				t.Errorf("ended for %s", reason)
			}
			again := f.open("s", slow.cursor())
			f.wantSeqs(again, span(slow.cursor().Class+1, 102))
		})
	})
	t.Run("that is being written to has its write aborted", func(t *testing.T) {
		inBubble(t, Config{Queue: 1}, func(f *fixture) {
			slow := f.open("s", nil)
			<-slow.gate
			f.post(1)
			synctest.Wait()
			f.post(2)
			<-slow.aborted
		})
	})
}

func TestAccess(t *testing.T) {
	t.Run("is refused to others, and for a class that isn't there", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			for _, req := range []Request{{User: "x", Class: class}, {User: "s", Class: "none"}, {User: "a", Admin: true, Class: "none"}} {
				if _, err := f.hub.Open(f.t.Context(), req); !errors.Is(err, ErrNoAccess) {
					t.Errorf("%+v: %v", req, err)
				}
			}
			if f.hub.lookup(ClassChannel("none")) != nil {
				t.Error("a class that isn't there takes up memory")
			}
		})
	})
	t.Run("ends for a removed member and nobody else", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			gone, stays := f.open("s", nil), f.open("t", nil)
			f.hub.Publish([]Event{f.log.commit(class, MemberLeft, "s")})
			if reason := gone.end(); reason != ReasonRemoved {
				t.Errorf("ended for %s", reason)
			}
			f.post(1)
			f.wantSeqs(gone, span(3, 3))
			f.wantSeqs(stays, span(3, 4))
			if _, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class, After: gone.cursor()}); !errors.Is(err, ErrNoAccess) {
				t.Errorf("reopening: %v", err)
			}
		})
	})
	t.Run("is over within a second for one who doesn't read the last frame", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			gone := f.open("s", nil)
			<-gone.gate
			begun := time.Now()
			f.hub.Publish([]Event{f.log.commit(class, MemberLeft, "s")})
			if reason := gone.end(); reason != ReasonSlowReader {
				t.Errorf("ended for %s", reason)
			}
			if took := time.Since(begun); took >= time.Second {
				t.Errorf("ended after %v", took)
			}
		})
	})
	t.Run("that was lost as the stream ended by itself cuts nobody who has its connection by then", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			for _, when := range []string{"before", "after"} {
				ctx, stop := context.WithCancel(f.t.Context())
				s, err := f.hub.Open(ctx, Request{User: "s", Class: class})
				if err != nil {
					f.t.Fatal(err)
				}
				if when == "before" { // it runs
					s.finishFor(ReasonRemoved, Now())
				}
				r := newReader(f.t)
				f.start(ctx, s, r, time.Now().Add(time.Hour))
				if when == "after" {
					stop()
					if f.sockets {
						r.hangup()
					}
				}
				<-r.ended
				s.finishFor(ReasonRemoved, Now())
				time.Sleep(2 * time.Second) // fake time
				select {
				case <-r.aborted:
					if when == "before" || !f.sockets { // a hangup aborts by itself
						t.Errorf("%s: its connection was cut when it was over", when)
					}
				default:
				}
				stop()
			}
		})
	})
	t.Run("returns to one who joins again", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			f.hub.Publish([]Event{f.log.commit(class, MemberLeft, "s"), f.log.commit(class, MemberJoined, "s")})
			r.end()
			again := f.open("s", r.cursor())
			f.post(1)
			f.wantSeqs(again, span(r.cursor().Class+1, 5))
		})
	})
	t.Run("ends for all when the class is deleted", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			f.hub.Publish([]Event{f.log.commit(class, ClassDeleted, "")})
			if reason := r.end(); reason != ReasonClassDeleted {
				t.Errorf("ended for %s", reason)
			}
			f.wantSeqs(r, span(3, 3))
		})
	})
	t.Run("is checked again between batches of a replay", func(t *testing.T) {
		inBubble(t, Config{Ring: 1}, func(f *fixture) {
			f.post(10)
			s, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class, After: &Cursor{Epoch: "e1", Tag: ClassTag(class)}})
			if err != nil {
				t.Fatal(err)
			}
			f.hub.Publish([]Event{f.log.commit(class, MemberLeft, "s")})
			r := newReader(t)
			f.start(f.t.Context(), s, r, time.Now().Add(time.Hour))
			if ended := <-r.ended; ended.Reason != ReasonRemoved || len(r.seqs()) != 0 {
				t.Errorf("ended for %s after %v", ended.Reason, r.seqs())
			}
		})
	})
}

func TestResync(t *testing.T) {
	for _, test := range []struct {
		name   string
		after  Cursor
		reason ResyncReason
		lost   *Lost
		want   []int64
	}{
		{"another epoch", Cursor{Epoch: "e0", Class: 3}, ResyncEpoch, nil, nil},
		{"ahead of the log", Cursor{Epoch: "e1", Class: 99}, ResyncAhead, nil, nil},
		{"trimmed", Cursor{Epoch: "e1", Class: 1}, ResyncTrimmed, &Lost{2, 4}, span(5, 12)},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, Config{Ring: 2}, func(f *fixture) {
				f.post(10)
				f.log.trim(class, 4)
				test.after.Tag = ClassTag(class)
				r := f.open("s", &test.after)
				f.wantSeqs(r, test.want)
				if ready := r.got(StreamReady)[0]; ready.id != test.after.String() {
					t.Errorf("ready has id %s, so a cut before resync would lose events silently", ready.id)
				}
				frames := r.got(Resync)
				if len(frames) != 1 {
					t.Fatalf("got %d resync frames", len(frames))
				}
				var got resync
				if err := json.Unmarshal([]byte(frames[0].data), &got); err != nil {
					t.Fatal(err)
				}
				if got.Reason != test.reason || got.Cursor != frames[0].id || fmt.Sprint(got.Lost) != fmt.Sprint(test.lost) {
					t.Errorf("got %+v", got)
				}
				f.post(1)
				f.wantSeqs(r, append(test.want, 13))
			})
		})
	}
	t.Run("history trimmed while a replay is under way", func(t *testing.T) {
		inBubble(t, Config{Ring: 2}, func(f *fixture) {
			f.post(10)
			s, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class, After: &Cursor{Epoch: "e1", Class: 3, Tag: ClassTag(class)}})
			if err != nil {
				t.Fatal(err)
			}
			f.log.trim(class, 6)
			list, _, err := s.Collect(f.t.Context(), 100, 0)
			if err != nil || len(list) != 7 || !bytes.Contains(list[0], []byte(`"lost":{"from":4,"to":6}`)) {
				t.Errorf("got %s, %v", list, err)
			}
		})
	})
	t.Run("a cursor of another class is refused", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			_, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class, After: &Cursor{Epoch: "e1", Tag: ClassTag("d")}})
			if !errors.Is(err, ErrCursor) {
				t.Errorf("got %v", err)
			}
		})
	})
	t.Run("all streams come back when the epoch changes", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			f.log.setEpoch("e2")
			time.Sleep(DefaultPoll) // fake time
			if reason := r.end(); reason != ReasonEpochChanged {
				t.Errorf("ended for %s", reason)
			}
			again := f.open("s", r.cursor())
			if len(again.got(Resync)) != 1 {
				t.Error("no resync after the epoch changed")
			}
		})
	})
	t.Run("a cursor that another node gave is not ahead", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.open("t", nil)
			e := f.log.commit(class, MessageCreated, "")
			r := f.open("s", &Cursor{Epoch: "e1", Class: e.Seq, Tag: ClassTag(class)})
			f.post(1)
			f.wantSeqs(r, span(4, 4))
			if len(r.got(Resync)) != 0 {
				t.Error("resync though nothing was lost")
			}
		})
	})
}

func TestCollect(t *testing.T) {
	inBubble(t, Config{Ring: 2}, func(f *fixture) {
		f.post(5)
		collect := func(after *Cursor, limit int, wait time.Duration) ([]json.RawMessage, *Cursor) {
			t.Helper()
			s, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class, After: after, Oldest: true})
			if err != nil {
				t.Fatal(err)
			}
			list, cursor, err := s.Collect(f.t.Context(), limit, wait)
			if err != nil {
				t.Fatal(err)
			}
			return list, &cursor
		}
		list, cursor := collect(nil, 3, 0)
		if len(list) != 3 || cursor.Class != 3 {
			t.Errorf("first part: %d events to %s", len(list), cursor)
		}
		list, cursor = collect(cursor, 100, 0)
		if len(list) != 4 || cursor.Class != 7 {
			t.Errorf("second part: %d events to %s", len(list), cursor)
		}
		start := time.Now()
		list, cursor = collect(cursor, 100, 10*time.Second)
		if len(list) != 0 || cursor.Class != 7 || time.Since(start) != 10*time.Second {
			t.Errorf("at the end: %d events to %s after %s", len(list), cursor, time.Since(start))
		}
		go func() {
			time.Sleep(time.Second) // fake time
			f.post(1)
		}()
		list, cursor = collect(cursor, 100, 10*time.Second)
		if len(list) != 1 || cursor.Class != 8 {
			t.Errorf("long poll: %d events to %s", len(list), cursor)
		}
	})
}

func TestDrain(t *testing.T) {
	inBubble(t, Config{}, func(f *fixture) {
		r := f.open("s", nil)
		f.hub.Drain(f.t.Context())
		if reason := r.end(); reason != ReasonShutdown || len(r.got(StreamClosing)) != 1 {
			t.Errorf("ended for %s", reason)
		}
		if _, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class}); !errors.Is(err, ErrClosed) {
			t.Errorf("opening while draining: %v", err)
		}
	})
}

func TestManyReadersOfOneClassCostOneLoad(t *testing.T) {
	inBubble(t, Config{}, func(f *fixture) {
		for range 1000 {
			f.open("s", &Cursor{Epoch: "e1", Tag: ClassTag(class)})
		}
		if loads, reads := f.log.counts(); loads != 1 || reads != 0 {
			t.Errorf("%d loads and %d reads of the log", loads, reads)
		}
	})
}

func TestIdleFeedsAreLetGo(t *testing.T) {
	inBubble(t, Config{}, func(f *fixture) {
		r := f.open("s", nil)
		r.stop()
		r.end()
		time.Sleep(2 * linger) // fake time
		synctest.Wait()
		left := f.hub.snapshot(func(Channel) bool { return true })
		if len(left) != 1 || left[0].channel != BroadcastChannel {
			t.Errorf("%d feeds remain", len(left))
		}
		f.post(1)
		f.wantSeqs(f.open("s", r.cursor()), span(3, 3))
	})
}

// TestExactlyOnce has writers, lost and doubled hints, and readers that come and go at random.
func TestExactlyOnce(t *testing.T) {
	const posts, readers = 2000, 8
	inBubble(t, Config{Ring: 16, Queue: 64}, func(f *fixture) {
		var all sync.WaitGroup
		all.Go(func() {
			var held []Event
			for range posts {
				held = append(held, f.log.commit(class, MessageCreated, ""))
				switch rand.IntN(8) {
				case 0: // the hint is lost
					held = nil
				case 1: // it comes late, and out of order
				default:
					rand.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
					f.hub.Publish(held)
					held = held[:rand.IntN(len(held)+1)]
				}
				if rand.IntN(10) == 0 {
					time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond) // fake time
				}
			}
		})
		for range readers {
			all.Go(func() {
				var got []int64
				var cursor *Cursor
				for len(got) < posts {
					s, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class, After: cursorOr(cursor)})
					if err != nil {
						t.Error(err)
						return
					}
					ctx, stop := context.WithTimeout(f.t.Context(), time.Duration(rand.IntN(2000))*time.Millisecond)
					r := newReader(t)
					s.Run(ctx, r, time.Now().Add(time.Hour))
					stop()
					got = append(got, r.seqs()...)
					if len(r.frames) > 0 {
						cursor = r.cursor()
					}
				}
				if !slices.Equal(got, span(3, posts+2)) {
					t.Errorf("got %d events, not each of %d once and in order", len(got), posts)
				}
			})
		}
		all.Wait()
	})
}

func cursorOr(c *Cursor) *Cursor {
	if c == nil {
		return &Cursor{Epoch: "e1", Class: 2, Tag: ClassTag(class)}
	}
	return c
}
