package events

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// Event is an immutable, numbered entry of a channel. Its JSON is the stream's data line.
type Event struct {
	Channel Channel         `json:"-"`
	Type    Type            `json:"type"`
	Class   string          `json:"class,omitempty"`
	Seq     int64           `json:"seq"`   // contiguous from 1 in its channel
	At      Time            `json:"at"`    // when it was committed, by the writing node's clock
	Actor   string          `json:"actor"` // the user who caused it
	Data    json.RawMessage `json:"data"`  // the object after the change; its shape depends on Type

	// ClientKey is the Idempotency-Key of the request that made it, or "". Its JSON has it for the actor only; see
	// [Frame].
	ClientKey string `json:"-"`
}

// append adds the JSON of e to b, as json.Marshal would write it. Data is JSON already, without a line break, so it is
// not read again.
func (e *Event) append(b []byte) ([]byte, error) {
	actor, err := json.Marshal(e.Actor) // the one field that may need escapes
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Type, err)
	}
	at, err := e.At.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Type, err)
	}
	b = slices.Grow(b, len(e.Data)+len(actor)+160)
	b = append(b, `{"type":"`...)
	b = append(b, e.Type...)
	if e.Class != "" {
		b = append(b, `","class":"`...)
		b = append(b, e.Class...)
	}
	b = append(b, `","seq":`...)
	b = strconv.AppendInt(b, e.Seq, 10)
	b = append(b, `,"at":`...)
	b = append(b, at...)
	b = append(b, `,"actor":`...)
	b = append(b, actor...)
	b = append(b, `,"data":`...)
	b = append(b, e.Data...)
	return append(b, '}'), nil
}

// subject is the user whom a member event is about.
func (e *Event) subject() (string, error) {
	var member struct {
		User string `json:"user"`
	}
	if err := json.Unmarshal(e.Data, &member); err != nil {
		return "", fmt.Errorf("%s %d of %s: %w", e.Type, e.Seq, e.Channel, err)
	}
	return member.User, nil
}
