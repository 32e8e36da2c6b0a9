package events

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Frame is an event or signal encoded once and shared by all its receivers. It holds everything but the id
// line, since the id names the positions of one stream. Immutable once made.
type Frame struct {
	typ  Type
	seq  int64   // 0 for a signal
	body []byte  // from "event:" to the empty line
	data []byte  // the JSON within body
	join *join   // the event tells its reader of a new class
	at   *Cursor // the id of a frame that is for one stream only

	own map[string]*Frame // what some users get instead; nil for most
}

// join is what a notification tells of a class that its reader was added to.
type join struct {
	class string
	seq   int64 // of the reader's member.joined in the class's channel
}

// as is the frame as a user gets it.
func (f *Frame) as(user string) *Frame {
	if own := f.own[user]; own != nil {
		return own
	}
	return f
}

// eventFrame encodes a logged event.
func eventFrame(e *Event) (*Frame, error) {
	data, err := e.append(nil)
	if err != nil {
		return nil, err
	}
	f := encoded(e.Type, data)
	f.seq = e.Seq
	if e.Type == NotificationCreated {
		var n Notification
		if err := json.Unmarshal(e.Data, &n); err != nil {
			return nil, fmt.Errorf("%s %d of %s: %w", e.Type, e.Seq, e.Channel, err)
		}
		if n.Kind == MemberJoined {
			f.join = &join{n.Class, n.Seq}
		}
	}
	if e.ClientKey != "" {
		if err := f.addOwn(e); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// addOwn makes the actor's variant, whose data has client_key as its last member.
func (f *Frame) addOwn(e *Event) error {
	key, err := json.Marshal(e.ClientKey)
	if err != nil {
		return fmt.Errorf("encode %s: %w", e.Type, err)
	}
	data := slices.Concat(f.data[:len(f.data)-1], []byte(`,"client_key":`), key, []byte("}"))
	own := encoded(e.Type, data)
	own.seq = e.Seq
	f.own = map[string]*Frame{e.Actor: own}
	return nil
}

// newFrame encodes a payload. JSON has no raw line break, so one data line always holds it.
func newFrame(typ Type, payload any) (*Frame, error) {
	data, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", typ, err)
	}
	return encoded(typ, data), nil
}

// encoded is a frame of data that is JSON already.
func encoded(typ Type, data []byte) *Frame {
	body := make([]byte, 0, len("event: \ndata: \n\n")+len(typ)+len(data))
	body = append(body, "event: "...)
	body = append(body, typ...)
	body = append(body, "\ndata: "...)
	start := len(body)
	body = append(body, data...)
	body = append(body, "\n\n"...)
	return &Frame{typ: typ, body: body, data: body[start : start+len(data)]}
}

// prefix puts lines before a frame that is for one stream only.
func (f *Frame) prefix(lines string) {
	f.body = append([]byte(lines), f.body...)
}
