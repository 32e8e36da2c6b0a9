package events

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzFrame encodes events of any content, as streams send them, and reads them as the HTML standard does.
func FuzzFrame(f *testing.F) {
	f.Add("alice", "hello", "")
	f.Fuzz(func(t *testing.T, actor, text, key string) {
		data, err := json.Marshal(map[string]string{"text": text})
		if err != nil {
			t.Fatal(err)
		}
		event := Event{Type: MessageCreated, Class: class, Seq: 7, At: 1, Actor: actor, Data: data, ClientKey: key}
		frame, err := eventFrame(&event)
		if err != nil {
			t.Fatal(err)
		}
		s := &Stream{epoch: "k3f9", tag: "c1x", classes: []*leg{{class: class, pos: 7}}, inbox: &leg{}, system: &leg{}}
		wire := s.appendFrame(nil, frame.as(actor))

		got := readBlocks(t, wire)
		if len(got) != 1 {
			t.Fatalf("one event is %d: %q", len(got), wire)
		}
		block := got[0]
		if len(block) != 3 || len(block["data"]) != 1 || len(block["event"]) != 1 || len(block["id"]) != 1 {
			t.Fatalf("the fields are %q", block)
		}
		if block["event"][0] != string(MessageCreated) || block["id"][0] != "k3f9.7.0.0.c1x" {
			t.Errorf("event %q, id %q", block["event"][0], block["id"][0])
		}
		var back struct {
			Type, Actor string
			Seq         int64
			Data        struct{ Text string }
			Key         string `json:"client_key"`
		}
		if err := json.Unmarshal([]byte(block["data"][0]), &back); err != nil {
			t.Fatalf("%v: %q", err, block["data"][0])
		}
		if back.Type != string(MessageCreated) || back.Seq != 7 {
			t.Errorf("it comes back as %+v", back)
		}
		for sent, got := range map[string]string{actor: back.Actor, text: back.Data.Text, key: back.Key} {
			if utf8.ValidString(sent) && got != sent {
				t.Errorf("%q comes back as %q", sent, got)
			}
		}
	})
}

// readBlocks are the fields of each block of an event stream (HTML standard, 9.2.6): a line may end in CR, LF or both.
func readBlocks(t *testing.T, wire []byte) []map[string][]string {
	t.Helper()
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(wire))
	if !strings.HasSuffix(text, "\n\n") {
		t.Errorf("the last block has no end: %q", wire)
	}
	var blocks []map[string][]string
	block := map[string][]string{}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if line == "" {
			blocks = append(blocks, block)
			block = map[string][]string{}
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		block[name] = append(block[name], strings.TrimPrefix(value, " "))
	}
	return blocks
}
