package events

import (
	"encoding/json"
	"fmt"
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
