package harness

import (
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"testing"

	"homeroom/test/contract"
)

var (
	contractOnce sync.Once
	loaded       *contract.Contract
)

// theContract is openapi.yaml, read once for the whole suite.
func theContract(tb testing.TB) *contract.Contract {
	tb.Helper()
	contractOnce.Do(func() { loaded = contract.Load(tb) })
	if loaded == nil {
		tb.Fatal("no contract")
	}
	return loaded
}

// Contract is openapi.yaml.
func Contract(tb testing.TB) *contract.Contract {
	tb.Helper()
	return theContract(tb)
}

var (
	seed    = maphash.MakeSeed()
	checked sync.Map // hashes of the frames that were checked, or are being
)

// checkFrame holds a frame against the contract and against the promises that
// it cannot express. Equal frames are checked once, for whom they reach first: a
// hundred readers of a class receive the same bytes a hundred times.
func checkFrame(c *contract.Contract, f Frame) error {
	key := maphash.String(seed, f.Event+"\x00"+f.ID+"\x00"+f.Data)
	if _, known := checked.LoadOrStore(key, true); known {
		return nil
	}
	if err := checkShape(f); err != nil {
		return fmt.Errorf("frame %q %q: %w; data: %.600s", f.Event, f.ID, err, f.Data)
	}
	if err := c.CheckFrame(f.Event, f.ID, []byte(f.Data)); err != nil {
		return fmt.Errorf("frame %q %q: %w; data: %.600s", f.Event, f.ID, err, f.Data)
	}
	return nil
}

// cursorAlphabet and maxCursor keep a cross-origin reconnect free of a preflight.
const (
	cursorAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	maxCursor      = 127
	allTag         = ".a" // ends a cursor of all classes, which may be longer
)

func checkShape(f Frame) error {
	switch f.Event {
	case "", "open", "message", "error":
		return fmt.Errorf("event type %q has a meaning of its own in EventSource", f.Event)
	case "heartbeat", "receipt.updated", "typing.updated", "presence.snapshot", "presence.updated", "stream.closing":
		if f.HasID {
			return fmt.Errorf("a signal with an id line")
		}
	case "notification.created", "system.notice": // both events and signals
		if f.HasID != (f.Parsed.Seq != 0) || f.HasID && f.ID == "" {
			return fmt.Errorf("an event without an id, or a signal with one")
		}
	default:
		if f.ID == "" {
			return fmt.Errorf("a logged event without an id")
		}
	}
	if len(f.ID) > maxCursor && !strings.HasSuffix(f.ID, allTag) || strings.Trim(f.ID, cursorAlphabet) != "" {
		return fmt.Errorf("id outside the alphabet or too long")
	}
	if f.Parsed.Type != f.Event {
		return fmt.Errorf("data says type %q", f.Parsed.Type)
	}
	return nil
}
