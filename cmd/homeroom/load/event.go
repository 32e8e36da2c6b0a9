package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// event is what a reader needs to know of a frame's data.
type event struct {
	class string // "" in an inbox
	seq   int64  // 0 for a signal
	stamp stamp  // zero if it is no post of ours
}

// parseEvent reads a frame's data. It knows the service's own order of members and finds its way by it, which costs a
// tenth of decoding; what it doesn't recognise it decodes.
func parseEvent(data []byte) (event, error) {
	if e, ok := parseKnown(data); ok {
		return e, nil
	}
	var decoded struct {
		Class string
		Seq   int64
		Data  struct{ Text string }
	}
	// Data of another shape than a message's is no error, and leaves the text empty.
	err := json.Unmarshal(data, &decoded)
	if _, shape := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !shape {
		return event{}, err
	}
	e := event{class: decoded.Class, seq: decoded.Seq}
	e.stamp, _ = parseStamp([]byte(decoded.Data.Text))
	return e, nil
}

// parseKnown reads {"type":"…","class":"…","seq":…, and then looks for the stamp.
func parseKnown(data []byte) (e event, ok bool) {
	_, rest, ok := quoted(data, `{"type":"`)
	if !ok {
		return e, false
	}
	class, rest, ok := quoted(rest, `,"class":"`)
	if !ok {
		return e, false
	}
	e.class = string(class)
	rest, ok = bytes.CutPrefix(rest, []byte(`,"seq":`))
	if !ok {
		return e, bytes.HasPrefix(rest, []byte(`,"data":`)) // a signal
	}
	end := bytes.IndexByte(rest, ',')
	if end < 0 {
		return e, false
	}
	var err error
	if e.seq, err = strconv.ParseInt(string(rest[:end]), 10, 64); err != nil {
		return e, false
	}
	if i := bytes.Index(rest, []byte(`"text":"`+stampMark)); i >= 0 {
		e.stamp, ok = parseStamp(rest[i+len(`"text":"`):])
	}
	return e, ok
}

// quoted reads a text that follows an opening, and what comes after its closing quote. A text with an escape is left
// to the decoder.
func quoted(data []byte, opening string) (text, rest []byte, ok bool) {
	rest, ok = bytes.CutPrefix(data, []byte(opening))
	if !ok {
		return nil, nil, false
	}
	end := bytes.IndexByte(rest, '"')
	if end < 0 || bytes.IndexByte(rest[:end], '\\') >= 0 {
		return nil, nil, false
	}
	return rest[:end], rest[end+1:], true
}
