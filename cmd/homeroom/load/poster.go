package load

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// answerWait is how long posts that are under way may take when posting ends.
const answerWait = 15 * time.Second

// posting is a stretch of posts, made by several posters.
type posting struct {
	trial  *trial
	begun  time.Time
	rate   float64 // a second; 0: as fast as they are answered
	most   int64   // 0: no bound
	issued atomic.Int64
}

// post posts until ctx ends or as many as were asked for are made; all are answered then, or given up.
func (p *posting) post(ctx context.Context) {
	lasting, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	stopped := context.AfterFunc(ctx, func() { time.AfterFunc(answerWait, giveUp) })
	defer stopped()
	p.begun = time.Now()
	var posters sync.WaitGroup
	for i := range p.trial.cfg.Posters {
		posters.Go(func() {
			for p.due(ctx) {
				p.one(lasting, i)
			}
		})
	}
	posters.Wait()
}

// due waits for the time of the next post. Those that are late are made at once, so that the rate holds on average.
func (p *posting) due(ctx context.Context) bool {
	n := p.issued.Add(1)
	if p.most > 0 && n > p.most {
		return false
	}
	if p.rate == 0 {
		return ctx.Err() == nil
	}
	at := p.begun.Add(time.Duration(float64(n-1) / p.rate * float64(time.Second)))
	return sleep(ctx, time.Until(at))
}

// one makes a post: the classes take turns, and each poster is one member of each.
func (p *posting) one(ctx context.Context, poster int) {
	t := p.trial
	c := t.classes[t.turn.Add(1)%int64(len(t.classes))]
	n := c.made.Add(1)
	s := stamp{post: n, made: t.now()}
	body := append(appendText([]byte(`{"text":"`), s, t.cfg.Size), `"}`...)
	key := t.name + "-" + strconv.Itoa(c.number) + "-" + strconv.FormatInt(n, 10)
	got, err := t.api.do(ctx, call{http.MethodPost, c.path("/messages"), c.members[poster%len(c.members)].token, key, body})
	t.tally.retried.Add(int64(max(got.attempts-1, 0)))
	if err == nil {
		err = p.answered(c, s, &got)
	}
	if err == nil {
		t.tally.posted.Add(1)
		t.tally.postTimes.record(poster, t.now()-s.made)
		return
	}
	t.faults.add(&t.faults.unposted, fmt.Errorf("post %d of class %s: %w", n, c.id, err))
}

// answered compares an answer with what readers were told.
func (p *posting) answered(c *class, s stamp, got *answer) error {
	var message struct{ Seq int64 }
	if err := got.into(&message); err != nil {
		return err
	}
	if got.replayed {
		p.trial.tally.replayed.Add(1)
	}
	if err := c.tape.note(message.Seq, s.post); err != nil {
		p.trial.faults.add(&p.trial.faults.wrong, fmt.Errorf("class %s, by an answer: %w", c.id, err))
	}
	c.raise(message.Seq)
	return nil
}
