package storagetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"homeroom/events"
)

// tape keeps what a store published. Within a channel nothing may be missing, come twice or out of order.
type tape struct {
	mu     sync.Mutex // guards all
	evs    []events.Event
	heads  map[events.Channel]int64
	gaps   bool // another process writes too, or a commit's outcome was lost: events may be missing
	cut    bool // the log is trimmed: it doesn't have all that was published
	faults []string
	heard  []events.Receipt
}

// publish is for [storage.Store.OnCommit].
func (p *tape) publish(evs []events.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(evs) == 0 {
		p.faults = append(p.faults, "nothing was published")
	}
	if p.heads == nil {
		p.heads = map[events.Channel]int64{}
	}
	for _, e := range evs {
		head, known := p.heads[e.Channel]
		if known && e.Seq != head+1 && (!p.gaps || e.Seq <= head) {
			p.faults = append(p.faults, fmt.Sprintf("%s: %d was published after %d", e.Channel, e.Seq, head))
		}
		p.heads[e.Channel] = e.Seq
		p.evs = append(p.evs, e)
	}
}

// mayMiss allows for gaps from now on.
func (p *tape) mayMiss() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gaps = true
}

// mayTrim allows for a log that no longer has what was published.
func (p *tape) mayTrim() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
}

// of is what was published of a class.
func (p *tape) of(class string) []events.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	var evs []events.Event
	for _, e := range p.evs {
		if e.Channel == events.ClassChannel(class) {
			evs = append(evs, e)
		}
	}
	return evs
}

// has reports whether an event was published.
func (p *tape) has(class string, seq int64) bool {
	return slices.ContainsFunc(p.of(class), func(e events.Event) bool { return e.Seq == seq })
}

// checkTape checks that all channels' logs have what was published, and nothing else.
func (s *school) checkTape(t *testing.T) {
	t.Helper()
	s.tape.mu.Lock()
	defer s.tape.mu.Unlock()
	for _, fault := range s.tape.faults {
		t.Error(fault)
	}
	if s.tape.cut {
		return
	}
	published := map[events.Channel][]events.Event{}
	for _, e := range s.tape.evs {
		published[e.Channel] = append(published[e.Channel], e)
	}
	for channel, evs := range published {
		logged := s.logged(t, channel, evs[0].Seq-1)
		if len(logged) > 0 && !s.tape.gaps && !reflect.DeepEqual(logged, evs) {
			t.Errorf("%s: published is\n     %s\nlogged is\n     %s", channel, show(evs), show(logged))
		}
	}
}

// wantEvents checks what a class's log has after a seq: in the log and, the same, as published.
func (s *school) wantEvents(t *testing.T, class string, after int64, want ...event) {
	t.Helper()
	logged := s.history(t, class, after)
	var published []events.Event
	for _, e := range s.tape.of(class) {
		if e.Seq > after {
			published = append(published, e)
		}
	}
	if !reflect.DeepEqual(published, logged) {
		t.Errorf("published is\n     %s\nlogged is\n     %s", show(published), show(logged))
	}
	if len(logged) != len(want) {
		t.Errorf("%d events, want %d:\n     %s", len(logged), len(want), show(logged))
		return
	}
	for i, e := range logged {
		data, err := json.Marshal(want[i].data)
		if err != nil {
			t.Fatal(err)
		}
		if e.Type != want[i].typ || e.Actor != want[i].actor || e.Class != class || e.Channel != events.ClassChannel(class) || string(e.Data) != string(data) {
			t.Errorf("event\n got %s\nwant %s by %s: %s", show(e), want[i].typ, want[i].actor, data)
		}
		if now := s.clock.now(); e.At <= 0 || e.At > now {
			t.Errorf("event %d is of %s, and now is %s", e.Seq, e.At, now)
		}
	}
}

// wantInbox checks what a user was told after a seq. The notifications' ids are not compared.
func (s *school) wantInbox(t *testing.T, user string, after int64, want ...events.Notification) {
	t.Helper()
	var told []events.Notification
	ids := map[string]bool{}
	for _, e := range s.logged(t, events.UserChannel(user), after) {
		var n events.Notification
		decode(t, e, &n)
		if e.Type != events.NotificationCreated || e.Class != n.Class || ids[n.ID] || n.ID == "" {
			t.Errorf("notification %s", show(e))
		}
		ids[n.ID] = true
		if n.At == 0 || n.At > e.At || n.Actor != e.Actor {
			t.Errorf("notification %s", show(e))
		}
		n.ID, n.At, n.Actor = "", 0, ""
		told = append(told, n)
	}
	equal(t, "told to "+user, told, want)
}

// event is what a story wants of an event.
type event struct {
	typ   events.Type
	actor string
	data  any
}

// show is a value as JSON, for messages of failed tests.
func show(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%+v", v)
	}
	return string(data)
}
