package events

import "encoding/json"

// BroadcastChannel has what is told to all of a class or to everybody: one entry, however many it is for. No stream
// carries it; each node's hub reads it, and tells those whose streams it has.
const BroadcastChannel Channel = "broadcast"

// Kinds of notifications that are no events of their own.
const (
	MessageMention Type = "message.mention" // somebody mentions the user
	MessageReply   Type = "message.reply"   // somebody replies to a message of the user
	MessageHeld    Type = "message.held"    // a message was held back in a class that the user teaches
)

// Notification is what a user is told; its JSON is the data of notification.created. What has no value is null there.
type Notification struct {
	ID      string `json:"id"`
	Kind    Type   `json:"kind"`    // the event that the user is told of, or what it means to them
	Class   string `json:"class"`   // where it happened; "" for the system
	Seq     int64  `json:"seq"`     // the event's, there
	At      Time   `json:"at"`      // when
	Actor   string `json:"actor"`   // who caused it
	Subject string `json:"subject"` // the id of what it is about: a message, a notice, …; "" for one's own membership
	Title   string `json:"title"`   // the subject's, where it has one; of a notice its level
	Text    string `json:"text"`    // the beginning of the subject's
	Role    string `json:"role"`    // of one's own membership: the user's role in the class, as of the event
	Silent  bool   `json:"silent"`  // the user wishes not to be disturbed by it
}

// Listed is a notification in its user's list.
type Listed struct {
	Notification
	Read bool
}

// wire is the JSON of both.
type wire struct {
	ID      string  `json:"id"`
	Kind    Type    `json:"kind"`
	Class   *string `json:"class"`
	Seq     int64   `json:"seq"`
	At      Time    `json:"at"`
	Actor   string  `json:"actor"`
	Subject *string `json:"subject"`
	Title   *string `json:"title"`
	Text    *string `json:"text"`
	Role    *string `json:"role"`
	Silent  *bool   `json:"silent,omitempty"` // in an event
	Read    *bool   `json:"read,omitempty"`   // in a list
}

func (n *Notification) wire() wire {
	return wire{
		ID: n.ID, Kind: n.Kind, Class: orNull(n.Class), Seq: n.Seq, At: n.At, Actor: n.Actor,
		Subject: orNull(n.Subject), Title: orNull(n.Title), Text: orNull(n.Text), Role: orNull(n.Role),
	}
}

// MarshalJSON implements [json.Marshaler].
func (n Notification) MarshalJSON() ([]byte, error) {
	w := n.wire()
	w.Silent = &n.Silent
	return json.Marshal(w)
}

// MarshalJSON implements [json.Marshaler].
func (l Listed) MarshalJSON() ([]byte, error) {
	w := l.wire()
	w.Read = &l.Read
	return json.Marshal(w)
}
