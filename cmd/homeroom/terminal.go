package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/r3labs/sse/v2"
)

// Colours of a terminal (ECMA-48).
const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	cyan  = "\x1b[36m"
	reset = "\x1b[0m"
)

// terminal prints frames for a person.
type terminal struct {
	w       io.Writer
	colours bool
}

func newTerminal(w io.Writer, colours bool) *terminal { return &terminal{w, colours} }

// print prints one line a frame.
func (t *terminal) print(e *sse.Event) error {
	var event struct {
		Type   string
		At     time.Time
		Actor  string
		Reason string
		Cursor string
		Data   struct{ Author, User, Name, Role, Text string }
	}
	if err := json.Unmarshal(e.Data, &event); err != nil {
		return fmt.Errorf("frame that is no JSON: %w", err)
	}
	when := t.paint(dim, event.At.Local().Format(time.TimeOnly))
	switch event.Type {
	case "heartbeat", "receipt.updated":
		return nil
	case "message.created":
		return t.line("%s %s %s", when, t.paint(bold+cyan, event.Data.Author), event.Data.Text)
	case "message.updated":
		return t.line("%s %s %s %s", when, t.paint(bold+cyan, event.Data.Author), event.Data.Text, t.paint(dim, "(edited)"))
	case "message.deleted":
		return t.line("%s %s", when, t.paint(dim, event.Actor+" deleted a message of "+event.Data.Author))
	case "member.joined", "member.updated", "member.left":
		return t.line("%s %s", when, t.paint(dim, fmt.Sprintf("%s: %s as %s", event.Type, event.Data.User, event.Data.Role)))
	case "stream.ready":
		return t.line("%s", t.paint(dim, "live from "+event.Cursor))
	case "stream.closing", "resync":
		return t.line("%s", t.paint(dim, event.Type+": "+event.Reason))
	default:
		return t.line("%s %s", when, t.paint(dim, event.Type+" by "+event.Actor))
	}
}

func (t *terminal) paint(colour, text string) string {
	if !t.colours {
		return text
	}
	return colour + text + reset
}

func (t *terminal) line(format string, args ...any) error {
	_, err := fmt.Fprintf(t.w, format+"\n", args...)
	return err
}
