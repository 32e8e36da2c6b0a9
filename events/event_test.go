package events

import (
	"encoding/json"
	"testing"
)

// TestEventJSON holds the encoder of events equal to the one that the tags of Event describe.
func TestEventJSON(t *testing.T) {
	for _, e := range []Event{
		{},
		{Channel: UserChannel("bob"), Type: NotificationCreated, Seq: 1, At: 1, Actor: `a"\<b>` + "\u2028", Data: json.RawMessage(`{}`)},
		{Channel: ClassChannel("c"), Type: MessageCreated, Class: "0198-c", Seq: maxSeq, At: 1764547200123, Actor: "bob", Data: json.RawMessage(`{"text":"é"}`)},
	} {
		if e.Data == nil {
			e.Data = json.RawMessage("null")
		}
		want, err := json.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
