package e2e_test

import (
	"fmt"
	"maps"
	"testing"

	"homeroom/test/harness"
)

// model is what a client knows of a class's messages: it applies events over a
// snapshot, and an object only if its version is higher.
type model map[string]harness.Message

func (m model) take(message harness.Message) {
	if have, ok := m[message.ID]; !ok || message.Version > have.Version {
		m[message.ID] = message
	}
}

func (m model) texts() map[string]string {
	out := map[string]string{}
	for id, message := range m {
		out[id] = fmt.Sprintf("%d %s", message.Version, texts([]harness.Message{message})[0])
	}
	return out
}

func TestRetention(t *testing.T) {
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db, Env: []string{
			"HOMEROOM_RETAIN_EVENTS=50", "HOMEROOM_RETAIN_EVERY=50ms", "HOMEROOM_RING=16",
		}})
		teacher, reader := r.as(t, anna), r.as(t, ben)
		known := model{}
		first := teacher.Post(r.class, "before the break")
		known.take(first)
		stream := reader.Stream(r.class)
		stream.Ready()
		stream.Cut()
		for i := range 200 {
			m := teacher.Post(r.class, fmt.Sprint("message ", i))
			if i%10 == 3 {
				teacher.Edit(r.class, m.ID, "edited")
			}
		}
		teacher.Edit(r.class, first.ID, "changed during the break")
		head := teacher.Post(r.class, "the last").Seq
		oldest := func() int64 { return reader.History(r.class, "")[0].Seq }
		harness.Eventually(t, "the log is trimmed", func() bool { return oldest() == head-49 })

		back := reader.Stream(r.class, harness.From(stream.Cursor()))
		back.Ready()
		resync := back.WaitFor("resync", harness.OfType("resync")).Parsed
		if resync.Reason != "trimmed" || resync.Lost == nil || resync.Lost.From != first.Seq+1 {
			t.Fatalf("got %+v, lost %+v", resync, resync.Lost)
		}
		lost := resync.Lost.To
		for _, m := range reader.Messages(r.class) { // which is among what resync names
			known.take(m)
		}
		if resync.Reload[2] != r.path("messages") {
			t.Errorf("resync names %v", resync.Reload)
		}
		teacher.Post(r.class, "after it")
		for {
			e := back.WaitFor("an event, or word of more that is lost", func(f harness.Frame) bool {
				return f.Parsed.OfClass() || f.Event == "resync"
			}).Parsed
			if e.Type == "resync" { // trimming went on meanwhile
				if e.Lost.From != lost+1 {
					t.Errorf("lost to %d, and then from %d", lost, e.Lost.From)
				}
				lost = e.Lost.To
				continue
			}
			if e.Seq <= lost {
				t.Errorf("event %d, which was said to be lost", e.Seq)
			}
			if m := e.Message(); m.ID != "" {
				known.take(m)
			}
			if e.Seq == head+1 {
				break
			}
		}
		want := model{}
		for _, m := range reader.Messages(r.class) {
			want.take(m)
		}
		if !maps.Equal(known.texts(), want.texts()) {
			t.Errorf("the client ends with %v, want %v", known.texts(), want.texts())
		}
		if got := reader.Events(r.class, harness.EventsQuery{After: stream.Cursor()}).Parsed(); got[0].Type != "resync" {
			t.Errorf("the events call begins with %s", got[0].Type)
		}
	})
}
