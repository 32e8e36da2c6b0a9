package spam

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// lesson is what a class says in one: who, and what.
const lesson = `ben: good morning
dora: Good morning!
finn: morning
hugo: good morning 👋
ines: Good morning, Ms Ames!
ben: is the test today?
dora: no, on friday
ben: ok
finn: phew
hugo: 😅
ines: which chapter are we on?
dora: 4
ben: 4
finn: chapter 4, page 61
ines: thanks
ines: thx!
ben: np
dora: I can't open the worksheet
finn: me neither
hugo: same
ben: same
dora: here it is again: https://school.example/files/cells.pdf
finn: works now, thanks
hugo: thanks
ines: thank you!
ben: @dora thanks
dora: np :)
ben: question 1: a
dora: a
finn: a
hugo: b?
ines: a
ben: question 2: c
dora: c
finn: c
hugo: c
ines: c
ben: yes
dora: yes
finn: yes
hugo: yes!
ines: YES
ben: +1
dora: +1
finn: +1
hugo: +1
ines: +1
ben: 3.14
dora: 3.14159
finn: pi
hugo: π
ines: 22/7 is close, and/or 355/113
ben: what does the mitochondrion do?
dora: it makes ATP
finn: powerhouse of the cell
hugo: powerhouse of the cell
ines: Powerhouse of the cell!
ben: powerhouse of the cell :D
dora: lol
finn: lol
hugo: lol
ines: 😂😂😂
ben: two good videos: https://video.example/watch?v=1 and https://video.example/watch?v=2
dora: @ben @finn @hugo @ines who is in my group?
finn: me
hugo: me
ines: me
ben: me too
finn: wait
finn: no
finn: I meant group 2
dora: ok
dora: ok @finn
hugo: can you hear me?
hugo: hello?
hugo: can you hear me?
ines: yes
ben: yes we can
hugo: ok good
ben: see you tomorrow
dora: bye
finn: bye
hugo: bye!
ines: bye 👋`

// What honest pupils say in a busy lesson is never held back, even with all lines within a minute of a quick quiz.
func TestHonestPupils(t *testing.T) {
	lines := strings.Split(lesson, "\n")
	for _, pace := range []time.Duration{500 * time.Millisecond, 700 * time.Millisecond, 2 * time.Second, 10 * time.Second} {
		t.Run(fmt.Sprint("a line each ", pace), func(t *testing.T) {
			g := New(Rules{})
			now := newWatch(t, Rules{}).now
			for range 3 { // lessons in three classes
				class := fmt.Sprint(now)
				for _, line := range lines {
					author, text, _ := strings.Cut(line, ": ")
					trial := g.Begin(now)
					if v := trial.Post(author, class, g.Read(text), strings.Count(text, "@")); v != (Verdict{}) {
						t.Errorf("%s is held back: %+v", line, v)
					}
					trial.Commit()
					now = later(now, pace)
				}
				now = later(now, 5*time.Minute)
			}
		})
	}
	t.Run("a pupil with the window of three classes open", func(t *testing.T) {
		w := newWatch(t, Rules{})
		r := rand.New(rand.NewPCG(1, 2))
		for range 500 {
			line := lines[r.IntN(len(lines))]
			_, text, _ := strings.Cut(line, ": ")
			w.passes(w.post(fmt.Sprint(r.IntN(3)), text, strings.Count(text, "@")))
			w.pass(7*time.Second + time.Duration(r.IntN(5000))*time.Millisecond) // as fast as they read
		}
	})
	t.Run("a pupil who answers a quiz of ten questions in a minute", func(t *testing.T) {
		w := newWatch(t, Rules{})
		for n := range 10 {
			w.passes(w.post("a", []string{"yes", "no"}[n/9], 0))
			w.pass(6 * time.Second)
		}
	})
}
