package contract

import (
	"errors"
	"fmt"
	"strings"
)

const (
	preflightFree = 128  // Fetch standard: a safelisted header's value is not longer
	allClasses    = ".a" // how the cursors of the stream of all classes end; they grow with the classes
)

// twofold are the types that come as events and as signals.
var twofold = map[string]bool{"notification.created": true, "system.notice": true}

// CheckFrame reports how a frame of a stream breaks the contract. event and data are as
// the HTML standard parses them; id is the frame's own id, empty if the frame had no id
// line (not the last id, which a parser keeps).
//
// The event must be the type in the data and must be known, the data must match the schema of
// its type, and the id must be there where the client may resume from, and only
// there. Where the data names a cursor, it is the id.
func (c *Contract) CheckFrame(event string, id string, data []byte) error {
	if err := c.checkFrame(event, id, data); err != nil {
		return fmt.Errorf("frame %q with id %q: %w\ndata: %.1000s", event, id, err, data)
	}
	return nil
}

func (c *Contract) checkFrame(event, id string, data []byte) error {
	payload, err := parseJSON(data)
	if err != nil {
		return err
	}
	object, ok := payload.(map[string]any)
	if !ok {
		return errors.New("the data is no object")
	}
	if object["type"] != event {
		return fmt.Errorf("the data is of type %v", object["type"])
	}
	schema, ok := c.payloads[event]
	if !ok {
		return errors.New("the type is not documented")
	}
	if err := schema.Validate(payload); err != nil {
		return err
	}
	if len(id) >= preflightFree && !strings.HasSuffix(id, allClasses) {
		return fmt.Errorf("an id of %d bytes makes a cross-origin reconnect need a preflight", len(id))
	}
	frame := map[string]any{"event": event, "data": string(data)}
	if id != "" {
		frame["id"] = id
	}
	if err := c.frame.Validate(frame); err != nil {
		return err
	}
	if _, logged := object["seq"]; twofold[event] && logged != (id != "") {
		return errors.New("an event has a seq and an id, a signal has neither")
	}
	if cursor, ok := object["cursor"]; ok && cursor != id {
		return fmt.Errorf("the cursor in the data is %v", cursor)
	}
	return nil
}
