package events

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// ErrCursor is wrapped by every error of [ParseCursor].
var ErrCursor = errors.New("invalid cursor")

// maxCursor is longer than any cursor that we print; longer ones are refused unread.
const maxCursor = 128

// maxSeq bounds a cursor's numbers to what JavaScript counts exactly.
const maxSeq = 1<<53 - 1

// Cursor names a position in every channel of a class's stream: the last event seen of each.
//
// Its text is EPOCH.CLASS.USER.SYSTEM.TAG over the alphabet [A-Za-z0-9._-], under 128 bytes: an SSE id of that
// form needs no CORS preflight (Fetch standard, "CORS-safelisted request-header"). TAG is a short hash of the
// class, so that a cursor used on another class's stream is refused and not mistaken for a position there.
// To clients it is opaque.
type Cursor struct {
	Epoch  string
	Class  int64
	User   int64
	System int64
	Tag    string
}

// ClassTag is the tag of a class's cursors.
func ClassTag(class string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(class)) // a hash never fails
	return "c" + strconv.FormatUint(uint64(h.Sum32()), 36)
}

// String is the text of c.
func (c Cursor) String() string { return string(c.append(nil)) }

// append adds the text of c to b.
func (c Cursor) append(b []byte) []byte {
	b = append(b, c.Epoch...)
	for _, seq := range [...]int64{c.Class, c.User, c.System} {
		b = append(b, '.')
		b = strconv.AppendInt(b, seq, 10)
	}
	b = append(b, '.')
	return append(b, c.Tag...)
}

// ParseCursor reads the text of a cursor. It takes exactly what String prints, and wraps [ErrCursor] otherwise.
func ParseCursor(text string) (Cursor, error) {
	if len(text) > maxCursor {
		return Cursor{}, fmt.Errorf("%w: longer than %d bytes", ErrCursor, maxCursor)
	}
	fields := strings.Split(text, ".")
	if len(fields) != 5 {
		return Cursor{}, fmt.Errorf("%w: want five fields between dots", ErrCursor)
	}
	c := Cursor{Epoch: fields[0], Tag: fields[4]}
	if !isWord(c.Epoch) || !isWord(c.Tag) {
		return Cursor{}, fmt.Errorf("%w: want letters and digits in the first and last field", ErrCursor)
	}
	for i, seq := range [...]*int64{&c.Class, &c.User, &c.System} {
		n, err := strconv.ParseInt(fields[i+1], 10, 64)
		if err != nil || n < 0 || n > maxSeq || strconv.FormatInt(n, 10) != fields[i+1] {
			return Cursor{}, fmt.Errorf("%w: field %d is no position", ErrCursor, i+2)
		}
		*seq = n
	}
	return c, nil
}

// isWord reports whether s has only ASCII letters and digits, and at least one.
func isWord(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return s != ""
}
