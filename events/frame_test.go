package events

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// postUnder commits and publishes a message that t made under a key.
func (f *fixture) postUnder(key string) {
	e := f.log.commit(class, MessageCreated, "")
	e.ClientKey = key
	f.log.mu.Lock()
	f.log.evs[e.Channel][e.Seq-1] = e
	f.log.mu.Unlock()
	f.hub.Publish([]Event{e})
}

func TestClientKey(t *testing.T) {
	const key = `k"1"`
	wantKeys := func(t *testing.T, r *reader, keys ...string) {
		t.Helper()
		frames := r.got(MessageCreated)
		if len(frames) != len(keys) {
			t.Fatalf("%d messages, want %d", len(frames), len(keys))
		}
		for i, f := range frames {
			var got map[string]any
			if err := json.Unmarshal([]byte(f.data), &got); err != nil {
				t.Fatalf("data %q: %v", f.data, err)
			}
			if value, there := got["client_key"]; there != (keys[i] != "") || there && value != keys[i] {
				t.Errorf("message %d has the key %v, want %q", i, value, keys[i])
			}
			if keys[i] == "" && strings.Contains(f.data, "client_key") {
				t.Errorf("message %d: %s", i, f.data)
			}
			if f.id == "" || got["seq"] == nil || got["data"] == nil {
				t.Errorf("message %d is not whole: %+v", i, f)
			}
		}
	}
	t.Run("live, from the ring and from the log, its actor gets it and nobody else", func(t *testing.T) {
		inBubble(t, Config{Ring: 4}, func(f *fixture) {
			start := f.open("s", nil).cursor()
			actor, other := f.open("t", start), f.open("s", start)
			f.postUnder(key)
			f.post(1)
			f.wantSeqs(actor, span(3, 4))
			f.wantSeqs(other, span(3, 4))
			ring, otherRing := f.open("t", start), f.open("s", start)
			if _, reads := f.log.counts(); reads != 0 {
				t.Fatal("the log was read: the ring is not what this shows")
			}
			f.post(5)
			log, otherLog := f.open("t", start), f.open("s", start)
			if _, reads := f.log.counts(); reads == 0 {
				t.Fatal("the log was not read")
			}
			f.wantSeqs(log, span(3, 9))
			f.wantSeqs(otherLog, span(3, 9))
			for _, r := range []*reader{actor, ring, log} {
				wantKeys(t, r, key, "", "", "", "", "", "")
			}
			for _, r := range []*reader{other, otherRing, otherLog} {
				wantKeys(t, r, "", "", "", "", "", "", "")
			}
		})
	})
	t.Run("so it is when the log is read as JSON", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.postUnder(key)
			for user, want := range map[string]bool{"t": true, "s": false} {
				s, err := f.hub.Open(f.t.Context(), Request{User: user, Class: class, Oldest: true})
				if err != nil {
					t.Fatal(err)
				}
				list, _, err := s.Collect(f.t.Context(), 10, time.Second)
				if err != nil || len(list) != 3 {
					t.Fatalf("%d events, %v", len(list), err)
				}
				if got := strings.HasSuffix(string(list[2]), `,"client_key":"k\"1\""}`); got != want || got != strings.Contains(string(list[2]), "client_key") {
					t.Errorf("%s reads %s", user, list[2])
				}
			}
		})
	})
	t.Run("all who get the same share its bytes", func(t *testing.T) {
		frame, err := eventFrame(&Event{Type: MessageCreated, Seq: 1, Actor: "t", Data: json.RawMessage(`{}`), ClientKey: key})
		if err != nil {
			t.Fatal(err)
		}
		first, second := frame.as("t"), frame.as("t")
		if first != second || first == frame || frame.as("s") != frame || frame.as("") != frame {
			t.Error("the variants are mixed up")
		}
		if frame.as("t").seq != frame.seq || frame.as("t").typ != frame.typ {
			t.Errorf("the actor's is %+v of %+v", frame.as("t"), frame)
		}
	})
}

// BenchmarkFrame measures encoding an event, which is done once for all its receivers.
func BenchmarkFrame(b *testing.B) {
	e := Event{
		Channel: ClassChannel(class), Type: MessageCreated, Class: "019ab3c4-5d6e-7f80-9123-456789abcdef", Seq: 1043, At: Now(), Actor: "anna",
		Data: json.RawMessage(`{"id":"019ab3c4-5d6e-7f80-9123-456789abcdef","seq":1043,"author":"anna","text":"` + strings.Repeat("What are the two membranes for? ", 4) + `"}`),
	}
	for name, key := range map[string]string{"plain": "", "with the author's key": "4f1f6a0c-8a3b-4c55-9a1c-3d6f5b2a7e10"} {
		b.Run(name, func(b *testing.B) {
			e.ClientKey = key
			b.ReportAllocs()
			for b.Loop() {
				if _, err := eventFrame(&e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
