package spam

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"homeroom/events"
)

// watch is a guard with a clock of its own, for stories about one member.
type watch struct {
	*testing.T
	guard *Guard
	now   events.Time
}

func newWatch(t *testing.T, rules Rules) *watch {
	t.Helper()
	return &watch{T: t, guard: New(rules), now: events.Time(time.Hour.Milliseconds())}
}

func (w *watch) pass(d time.Duration) { w.now = later(w.now, d) }

// post posts in a transaction of its own.
func (w *watch) post(class, text string, mentions int) Verdict {
	trial := w.guard.Begin(w.now)
	v := trial.Post("ben", class, w.guard.Read(text), mentions)
	trial.Commit()
	return v
}

// edit edits in a transaction of its own.
func (w *watch) edit(before, after string, mentions int) Verdict {
	trial := w.guard.Begin(w.now)
	v := trial.Edit("ben", w.guard.Read(before), w.guard.Read(after), mentions)
	trial.Commit()
	return v
}

func (w *watch) passes(v Verdict) {
	w.Helper()
	if v != (Verdict{}) {
		w.Fatalf("%+v at %s, want it to pass", v, w.now)
	}
}

// held checks that a post was held back, for so long.
func (w *watch) held(v Verdict, reason Reason, pause time.Duration) {
	w.Helper()
	if want := (Verdict{reason, later(w.now, pause), true}); v != want {
		w.Fatalf("%+v at %s, want %+v", v, w.now, want)
	}
}

// paused checks that a post came during a pause.
func (w *watch) paused(v Verdict, reason Reason, left time.Duration) {
	w.Helper()
	if want := (Verdict{reason, later(w.now, left), false}); v != want {
		w.Fatalf("%+v at %s, want %+v", v, w.now, want)
	}
}

func TestRules(t *testing.T) {
	const long = "the very same text"
	different := func(n int) string { return fmt.Sprintf("message number %d", n) }
	for _, c := range []struct {
		name   string
		most   int // posts that pass within the window
		post   func(w *watch, n int) Verdict
		reason Reason
	}{
		{"a text repeated in one class", DefaultRepeats, func(w *watch, _ int) Verdict { return w.post("a", long, 0) }, Repeat},
		{"over several classes", DefaultRepeats, func(w *watch, n int) Verdict { return w.post(fmt.Sprint(n), long, 0) }, Repeat},
		{"a short text", DefaultShortRepeats, func(w *watch, _ int) Verdict { return w.post("a", "yes", 0) }, Repeat},
		{"an emoji", DefaultShortRepeats, func(w *watch, _ int) Verdict { return w.post("a", "👍", 0) }, Repeat},
		{"messages in three classes", DefaultFloodPosts, func(w *watch, n int) Verdict { return w.post(fmt.Sprint(n%3), different(n), 0) }, Flood},
		{"mentions one by one", DefaultMentions, func(w *watch, n int) Verdict { return w.post("a", different(n), 1) }, Mentions},
		{"mentions by the dozen", 2, func(w *watch, n int) Verdict { return w.post("a", different(n), 12) }, Mentions},
		{"links one by one", DefaultLinks, func(w *watch, n int) Verdict { return w.post("a", fmt.Sprintf("https://example.org/%d", n), 0) }, Links},
		{"links in edits", DefaultLinks, func(w *watch, n int) Verdict { return w.edit("see", fmt.Sprintf("see https://example.org/%d", n), 0) }, Links},
		{"mentions in edits", 2, func(w *watch, n int) Verdict { return w.edit("see", different(n), 12) }, Mentions},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWatch(t, Rules{})
			for n := range c.most {
				w.passes(c.post(w, n))
				w.pass(time.Second)
			}
			w.held(c.post(w, c.most), c.reason, DefaultPause)
			w.pass(DefaultPause - time.Millisecond)
			w.paused(c.post(w, c.most), c.reason, time.Millisecond)
			w.pass(time.Millisecond)
			for n := range c.most { // it begins anew
				w.passes(c.post(w, n))
			}
			w.held(c.post(w, c.most), c.reason, DefaultPauseFactor*DefaultPause)
		})
		t.Run(c.name+", slowly", func(t *testing.T) {
			w := newWatch(t, Rules{})
			for n := range 10 * c.most {
				w.passes(c.post(w, n))
				w.pass(DefaultWindow / time.Duration(c.most))
			}
		})
		t.Run(c.name+", where that is off", func(t *testing.T) {
			w := newWatch(t, Rules{Repeats: Off, ShortRepeats: Off, FloodPosts: Off, Mentions: Off, Links: Off, LinksEach: Off})
			for n := range 10 * c.most {
				w.passes(c.post(w, n))
			}
		})
	}
}

func TestARuleOfMany(t *testing.T) {
	t.Run("many messages in two classes are no flood", func(t *testing.T) {
		w := newWatch(t, Rules{})
		for n := range 4 * DefaultFloodPosts {
			w.passes(w.post(fmt.Sprint(n%2), fmt.Sprint("message number ", n), 0))
		}
		w.held(w.post("3", "the third class", 0), Flood, DefaultPause)
	})
	t.Run("a message has at most so many links", func(t *testing.T) {
		w := newWatch(t, Rules{Links: 100})
		const five = "www.a.org www.b.org www.c.org www.d.org www.e.org"
		w.passes(w.post("a", five, 0))
		w.held(w.post("a", five+" www.f.org", 0), Links, DefaultPause)
		w.pass(time.Hour)
		w.held(w.edit(five, five+" www.f.org", 0), Links, 4*DefaultPause)
	})
	t.Run("an edit isn't to blame for what was there", func(t *testing.T) {
		w := newWatch(t, Rules{})
		const six = "www.a.org www.b.org www.c.org www.d.org www.e.org www.f.org"
		for range 20 {
			w.passes(w.edit(six, "Read "+six, 0))
			w.passes(w.edit("same", "same again", 0))
		}
	})
	t.Run("what doesn't repeat, mention or link passes beside what does", func(t *testing.T) {
		w := newWatch(t, Rules{})
		w.passes(w.post("a", "hello everybody", DefaultMentions))
		w.passes(w.post("a", "www.a.org www.b.org www.c.org www.d.org www.e.org", 0))
		w.passes(w.post("a", "and a word without either", 0))
	})
	t.Run("texts are forgotten beyond so many, however fast they come", func(t *testing.T) {
		w := newWatch(t, Rules{})
		for n := range 10 * postsLeast {
			w.passes(w.post("a", fmt.Sprint("message number ", n), 0))
		}
		known, _ := w.guard.members.Peek("ben")
		if n := len(known.posts); n > postsLeast+1 {
			t.Errorf("%d posts are remembered", n)
		}
	})
}

func TestPauses(t *testing.T) {
	offend := func(w *watch) Verdict { return w.post("a", "www.a.b www.a.b www.a.b www.a.b www.a.b www.a.b", 0) }

	t.Run("they grow, up to a bound", func(t *testing.T) {
		w := newWatch(t, Rules{})
		for _, pause := range []time.Duration{
			10 * time.Second, 40 * time.Second, 160 * time.Second, 640 * time.Second, 2560 * time.Second, time.Hour, time.Hour, time.Hour,
		} {
			w.held(offend(w), Links, pause)
			w.pass(pause)
		}
	})
	t.Run("hammering doesn't make one longer", func(t *testing.T) {
		w := newWatch(t, Rules{})
		w.held(offend(w), Links, 10*time.Second)
		for left := 10 * time.Second; left > 0; left -= time.Second {
			w.paused(offend(w), Links, left)
			w.paused(w.edit("a", "b", 1), Links, left)
			w.pass(time.Second)
		}
		w.passes(w.post("b", "sorry", 0))
		w.held(offend(w), Links, 40*time.Second)
	})
	t.Run("an hour after one without another it begins with the first", func(t *testing.T) {
		w := newWatch(t, Rules{})
		w.held(offend(w), Links, 10*time.Second)
		w.pass(10*time.Second + DefaultForget - time.Millisecond)
		w.held(offend(w), Links, 40*time.Second)
		w.pass(40*time.Second + DefaultForget)
		w.held(offend(w), Links, 10*time.Second)
	})
	t.Run("who is pardoned goes on as if nothing had been", func(t *testing.T) {
		w := newWatch(t, Rules{})
		pardon := func() {
			trial := w.guard.Begin(w.now)
			trial.Pardon("ben")
			trial.Pardon("who never posted")
			trial.Commit()
		}
		w.held(offend(w), Links, 10*time.Second)
		pardon()
		w.passes(w.post("a", "thank you", 0))
		w.held(offend(w), Links, 10*time.Second)
		w.pass(10 * time.Second)
		pardon() // when the pause is over there is nothing to take back
		w.held(offend(w), Links, 40*time.Second)
	})
	t.Run("their lengths can be chosen", func(t *testing.T) {
		w := newWatch(t, Rules{Pause: time.Second, PauseFactor: 1, PauseMost: time.Minute})
		for range 5 {
			w.held(offend(w), Links, time.Second)
			w.pass(time.Second)
		}
		w = newWatch(t, Rules{Pause: time.Minute, PauseMost: time.Second})
		w.held(offend(w), Links, time.Second)
	})
}

func TestTrials(t *testing.T) {
	const text = "the very same text"
	t.Run("posts of one transaction are judged against each other", func(t *testing.T) {
		g := New(Rules{})
		trial := g.Begin(0)
		held := 0
		for range 5 {
			if trial.Post("ben", "a", g.Read(text), 0).Held {
				held++
			}
		}
		if held != 1 || trial.Paused("ben") == (Verdict{}) {
			t.Errorf("%d were held", held)
		}
	})
	t.Run("one that isn't committed leaves nothing", func(t *testing.T) {
		g := New(Rules{})
		for range 100 {
			trial := g.Begin(0)
			for range DefaultRepeats {
				if v := trial.Post("ben", "a", g.Read(text), 0); v != (Verdict{}) {
					t.Fatalf("%+v", v)
				}
			}
			if v := trial.Post("ben", "a", g.Read(text), 0); !v.Held {
				t.Fatalf("%+v", v)
			}
		}
		if g.members.Len() != 0 {
			t.Error("somebody is remembered")
		}
	})
	t.Run("nor does it change what was committed before", func(t *testing.T) {
		g := New(Rules{})
		trial := g.Begin(0)
		trial.Post("ben", "a", g.Read(text), 0)
		trial.Commit()
		for range 10 {
			g.Begin(0).Post("ben", "a", g.Read(text), 0)
		}
		if known, _ := g.members.Peek("ben"); len(known.posts) != 1 {
			t.Errorf("%+v", known)
		}
	})
	t.Run("each member counts alone", func(t *testing.T) {
		g := New(Rules{})
		trial := g.Begin(0)
		for n := range 100 {
			if v := trial.Post(fmt.Sprint(n), "a", g.Read(text), 1); v != (Verdict{}) {
				t.Fatalf("%+v", v)
			}
		}
	})
	t.Run("without a guard everything passes", func(t *testing.T) {
		var g *Guard
		trial := g.Begin(0)
		for range 100 {
			if v := trial.Post("ben", "a", g.Read(text), 100); v != (Verdict{}) || trial.Edit("ben", Text{}, Text{}, 100) != v {
				t.Fatalf("%+v", v)
			}
		}
		trial.Pardon("ben")
		trial.Commit()
	})
}

// A million members, each of whom breaks a rule, leave a bounded trace.
func TestMemoryIsBounded(t *testing.T) {
	const users, most = 1_000_000, 64 << 20
	used := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := used()
	g := New(Rules{})
	text := g.Read("the very same text")
	for n := range users {
		trial := g.Begin(events.Time(n))
		user := fmt.Sprint("user-", n)
		for class := range postsLeast {
			if trial.Post(user, fmt.Sprint(class%2), Text{hash: uint64(class)}, 0).Held {
				t.Fatal("held")
			}
			if n%50 != 0 {
				break
			}
		}
		trial.Post(user, "a", text, DefaultMentions)
		trial.Commit()
	}
	if n := g.members.Len(); n != membersMost {
		t.Errorf("%d members are remembered", n)
	}
	if after := used(); after > before+most {
		t.Errorf("they take %d MB", (after-before)>>20)
	}
	runtime.KeepAlive(g)
}
