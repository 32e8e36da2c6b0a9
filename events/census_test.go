package events

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// wantEmpty checks that nothing is counted any more, once all streams have ended.
func (f *fixture) wantEmpty() {
	f.t.Helper()
	synctest.Wait()
	f.hub.mu.Lock()
	defer f.hub.mu.Unlock()
	c := f.hub.census
	if n := len(c.classes) + len(c.addresses) + len(c.users) + len(c.rations); n != 0 {
		f.t.Errorf("%d entries are left: %+v", n, c)
	}
}

// wantRefused checks that there is no place for a stream.
func (f *fixture) wantRefused(req Request) {
	f.t.Helper()
	if _, err := f.hub.Open(f.t.Context(), req); !errors.Is(err, ErrTooManyStreams) {
		f.t.Errorf("%+v: %v", req, err)
	}
}

func TestCaps(t *testing.T) {
	from := func(address string) Request { return Request{User: "s", Class: class, Counted: address} }
	for name, story := range map[string]struct {
		cfg            Config
		fits           []Request
		beyond, beside Request
	}{
		"in all":         {Config{MaxStreams: 2}, []Request{from("a"), from("b")}, from("c"), Request{}},
		"of an address":  {Config{MaxAddressStreams: 2}, []Request{from("a"), from("a")}, from("a"), from("b")},
		"of no address":  {Config{MaxAddressStreams: 1}, []Request{from("a"), from(""), from("")}, from("a"), from("")},
		"of a class":     {Config{MaxClassStreams: 1}, []Request{from("a")}, from("b"), Request{User: "s"}}, // of all classes
		"polls likewise": {Config{MaxClassStreams: 1}, []Request{from("a")}, Request{User: "s", Class: class, Poll: true}, Request{User: "s"}},
	} {
		t.Run(name+", newcomers beyond are turned away until one ends", func(t *testing.T) {
			inBubble(t, story.cfg, func(f *fixture) {
				var open []*reader
				for _, req := range story.fits {
					open = append(open, f.run(req))
				}
				f.wantRefused(story.beyond)
				if story.beside.User != "" {
					open = append(open, f.run(story.beside))
				}
				f.post(1)
				for _, r := range open {
					f.wantSeqs(r, span(3, 3))
				}
				open[0].stop()
				open[0].end()
				synctest.Wait()
				if story.beyond.Poll {
					f.collect(story.beyond)
				} else {
					open = append(open, f.run(story.beyond))
				}
				for _, r := range open[1:] {
					r.stop()
				}
				f.wantEmpty()
			})
		})
	}
	t.Run("a stream counts until its socket is closed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := openBubble(t, Config{MaxStreams: 1}, true)
			defer f.hub.Close()
			s, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class})
			if err != nil {
				t.Fatal(err)
			}
			r := newReader(t)
			closing, closed := make(chan struct{}), make(chan struct{})
			go s.Serve(&lingering{reader: r, closing: closing, closed: closed}, time.Now().Add(time.Hour), func(Ended) {})
			synctest.Wait()
			r.hangup()
			<-closing
			f.wantRefused(Request{User: "t", Class: class})
			if n := f.hub.OnSockets(); n != 1 {
				t.Errorf("%d on sockets", n)
			}
			close(closed)
			synctest.Wait()
			if n := f.hub.OnSockets(); n != 0 {
				t.Errorf("%d on sockets", n)
			}
			f.open("t", nil)
		})
	})
	t.Run("who may not read takes nobody's place", func(t *testing.T) {
		inBubble(t, Config{MaxClassStreams: 1, MaxUserStreams: 1}, func(f *fixture) {
			for _, req := range []Request{{User: "x", Class: class}, {User: "s", Class: "none"}} {
				if _, err := f.hub.Open(f.t.Context(), req); !errors.Is(err, ErrNoAccess) {
					t.Errorf("%+v: %v", req, err)
				}
			}
			f.wantEmpty()
			r := f.open("s", nil)
			if _, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: "none"}); !errors.Is(err, ErrNoAccess) {
				t.Error(err)
			}
			f.post(1)
			f.wantSeqs(r, span(3, 3))
		})
	})
}

// lingering is a socket that takes its time to close.
type lingering struct {
	*reader
	closing, closed chan struct{}
}

func (l *lingering) Close() error {
	close(l.closing)
	<-l.closed
	return l.reader.Close()
}

// collect asks once.
func (f *fixture) collect(req Request) {
	f.t.Helper()
	s, err := f.hub.Open(f.t.Context(), req)
	if err != nil {
		f.t.Fatal(err)
	}
	if _, _, err := s.Collect(f.t.Context(), 1, 0); err != nil {
		f.t.Error(err)
	}
}

func TestSupersede(t *testing.T) {
	t.Run("a user's oldest stream makes room, is told, and others stay", func(t *testing.T) {
		inBubble(t, Config{MaxUserStreams: 2}, func(f *fixture) {
			other := f.open("t", nil)
			first, second := f.open("s", nil), f.open("s", nil)
			third := f.open("s", nil)
			if reason := first.end(); reason != ReasonSuperseded {
				t.Errorf("ended for %s", reason)
			}
			last := first.got(StreamClosing)
			if len(last) != 1 {
				t.Fatalf("it was told %v", last)
			}
			if ms := retryOf(t, last[0]); ms < supersededRetry.Milliseconds()/2 {
				t.Errorf("it may come back after %d ms", ms)
			}
			f.post(1)
			for _, r := range []*reader{other, second, third} {
				f.wantSeqs(r, span(3, 3))
			}
			f.wantSeqs(f.open("s", first.cursor()), span(3, 3)) // which supersedes the second
			if reason := second.end(); reason != ReasonSuperseded {
				t.Errorf("ended for %s", reason)
			}
		})
	})
	t.Run("gets what was queued for it before", func(t *testing.T) {
		inBubble(t, Config{MaxUserStreams: 1}, func(f *fixture) {
			r := f.open("s", nil)
			<-r.gate
			f.post(3)
			f.open("s", nil)
			r.gate <- struct{}{}
			if reason := r.end(); reason != ReasonSuperseded {
				t.Errorf("ended for %s", reason)
			}
			f.wantSeqs(r, span(3, 5))
		})
	})
	t.Run("a poll supersedes nothing, and can be superseded", func(t *testing.T) {
		inBubble(t, Config{MaxUserStreams: 1}, func(f *fixture) {
			poll, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class, Poll: true})
			if err != nil {
				t.Fatal(err)
			}
			answered := make(chan int)
			go func() {
				list, _, err := poll.Collect(f.t.Context(), 1, time.Hour)
				if err != nil {
					t.Error(err)
				}
				answered <- len(list)
			}()
			synctest.Wait()
			f.wantRefused(Request{User: "s", Class: class, Poll: true})
			f.open("s", nil)
			if n := <-answered; n != 0 {
				t.Errorf("%d events", n)
			}
			f.wantRefused(Request{User: "s", Class: class, Poll: true})
		})
	})
	t.Run("is rationed", func(t *testing.T) {
		inBubble(t, Config{MaxUserStreams: 3}, func(f *fixture) {
			for range 3 + rationLeast {
				f.open("s", nil)
			}
			f.wantRefused(Request{User: "s", Class: class})
			f.open("t", nil)
			time.Sleep(rationWindow) // fake time
			f.open("s", nil)
			synctest.Wait()
			if n := len(f.hub.Connections(Connections{User: "s", Limit: 10})); n != 3 {
				t.Errorf("%d streams", n)
			}
		})
	})
	t.Run("leaves nothing behind", func(t *testing.T) {
		inBubble(t, Config{MaxUserStreams: 2}, func(f *fixture) {
			var readers []*reader
			for range 4 {
				readers = append(readers, f.open("s", nil))
			}
			for _, r := range readers[2:] {
				r.stop()
			}
			f.wantEmpty()
		})
	})
}

// retryOf is the time after which a stream.closing says to come back.
func retryOf(t *testing.T, f received) int64 {
	t.Helper()
	_, after, _ := strings.Cut(f.data, `"retry_ms":`)
	ms, err := strconv.ParseInt(strings.TrimRight(after, "}"), 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", f.data, err)
	}
	return ms
}

// tab is a client that has more of its kind than may have a stream: it comes back each time, as EventSource does, or
// right away.
type tab struct {
	f       *fixture
	heedful bool // of retry
	after   *Cursor
	seqs    []int64

	opened, superseded int
	toTheEnd           bool // the last stream was open until the time was over
}

// live connects until the time is over.
func (b *tab) live(until time.Time) {
	for time.Now().Before(until) {
		s, err := b.f.hub.Open(b.f.t.Context(), Request{User: "s", Class: class, After: b.after})
		if err != nil {
			b.wait(b.f.hub.RetryFor(ReasonCrowded))
			continue
		}
		b.opened++
		r := newReader(b.f.t)
		ended := s.Run(b.f.t.Context(), r, until)
		b.after = r.cursor()
		b.seqs = append(b.seqs, r.seqs()...)
		if b.toTheEnd = ended.Reason == ReasonTokenExpired; ended.Reason == ReasonSuperseded {
			b.superseded++
		}
		b.wait(time.Duration(retryOf(b.f.t, r.got(StreamClosing)[0])) * time.Millisecond)
	}
}

// wantAll checks that the tab got all events in order over all its streams: those that were open to the end got the last.
func (b *tab) wantAll(last int64) {
	b.f.t.Helper()
	if !slices.Equal(b.seqs, span(3, int64(len(b.seqs)+2))) {
		b.f.t.Errorf("a tab got %v", b.seqs)
	}
	if b.toTheEnd && b.seqs[len(b.seqs)-1] != last {
		b.f.t.Errorf("a tab got events to %d only, want %d", b.seqs[len(b.seqs)-1], last)
	}
}

// wait is as long as the server asked for, or so short that it comes back at once.
func (b *tab) wait(asked time.Duration) {
	if !b.heedful {
		asked = 250 * time.Millisecond
	}
	time.Sleep(asked) // fake time
}

// TestReconnectLoop is 60 tabs of one user that may have 50 streams.
func TestReconnectLoop(t *testing.T) {
	const tabs, most, minutes = 60, 50, 4
	for _, heedful := range []bool{true, false} {
		t.Run(fmt.Sprintf("heedful=%v", heedful), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := openBubble(t, Config{MaxUserStreams: most}, false)
				defer f.hub.Close()
				until := time.Now().Add(minutes*time.Minute + time.Second)
				all := make([]*tab, tabs)
				done := make(chan struct{})
				for i := range all {
					all[i] = &tab{f: f, heedful: heedful}
					go func() { all[i].live(until); done <- struct{}{} }()
				}
				posted := int64(2)
				for range minutes * 6 {
					time.Sleep(10 * time.Second) // fake time
					f.post(1)
					posted++
					synctest.Wait()
					if n := len(f.hub.Connections(Connections{Limit: 2 * tabs})); n != most {
						t.Errorf("%d streams are open", n)
					}
				}
				for range all {
					<-done
				}
				var opened, superseded int
				for _, b := range all {
					opened += b.opened
					superseded += b.superseded
					b.wantAll(posted)
				}
				t.Logf("%d streams were opened, %d superseded", opened, superseded)
				bound := minutes * most // by the ration
				if heedful {
					bound = minutes * 2 * (tabs - most) // by retry, half a minute at the least
				}
				if superseded > bound+most || opened > tabs+superseded {
					t.Errorf("more than %d", bound)
				}
			})
		})
	}
}
