package events

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// ErrCursor is wrapped by every error of [ParseCursor].
var ErrCursor = errors.New("invalid cursor")

const (
	maxCursor = 4096      // longer than any cursor that we print; longer ones are refused unread
	maxSeq    = 1<<53 - 1 // what JavaScript counts exactly
	allTag    = "a"       // the tag of cursors of the stream of all classes
)

// Cursor names a position in every channel of a stream: the last event seen of each. To clients it is opaque.
//
// Its text is EPOCH.CLASSES.USER.SYSTEM.TAG over the alphabet [A-Za-z0-9._-]. On a class's stream CLASSES is the
// position in the class, TAG a short hash of the class (so that a cursor used on another class's stream is refused and
// not mistaken for a position there), and the whole stays under 128 bytes: an SSE id of that form needs no CORS preflight
// (Fetch standard, "CORS-safelisted request-header"). On the stream of all classes CLASSES is a list, packed.
type Cursor struct {
	Epoch   string
	Class   int64 // position in the class, on a class's stream
	User    int64
	System  int64
	Tag     string
	Classes []ClassPos // on the stream of all classes; ascending by Key
}

// ClassPos is a position in one of several classes.
type ClassPos struct {
	Key ClassKey
	Seq int64
}

// ClassKey is a hash of a class's id, long enough to tell one user's classes apart.
type ClassKey uint64

// classKeyBytes is how much of a ClassKey is used: with 100 classes two are alike once in 200 million users.
const classKeyBytes = 5

// KeyOf is the key of a class.
func KeyOf(class string) ClassKey {
	h := fnv.New64a()
	_, _ = h.Write([]byte(class)) // a hash never fails
	return ClassKey(h.Sum64() >> (64 - 8*classKeyBytes))
}

// ClassTag is the tag of a class's cursors.
func ClassTag(class string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(class)) // a hash never fails
	return "c" + strconv.FormatUint(uint64(h.Sum32()), 36)
}

// NewAllCursor is a cursor of the stream of all classes.
func NewAllCursor(epoch string, user, system int64, classes []ClassPos) Cursor {
	slices.SortFunc(classes, func(a, b ClassPos) int { return int(a.Key) - int(b.Key) })
	return Cursor{Epoch: epoch, User: user, System: system, Tag: allTag, Classes: classes}
}

// IsZero reports whether c is no cursor at all.
func (c Cursor) IsZero() bool { return c.Epoch == "" }

// String is the text of c.
func (c Cursor) String() string { return string(c.append(nil)) }

// append adds the text of c to b.
func (c Cursor) append(b []byte) []byte {
	b = append(b, c.Epoch...)
	b = append(b, '.')
	if c.Tag == allTag {
		b = base64.RawURLEncoding.AppendEncode(b, packClasses(c.Classes))
	} else {
		b = strconv.AppendInt(b, c.Class, 10)
	}
	b = append(b, '.')
	b = strconv.AppendInt(b, c.User, 10)
	b = append(b, '.')
	b = strconv.AppendInt(b, c.System, 10)
	b = append(b, '.')
	return append(b, c.Tag...)
}

// packClasses is each key in classKeyBytes bytes and each seq as a varint.
func packClasses(list []ClassPos) []byte {
	b := make([]byte, 0, len(list)*(classKeyBytes+3))
	for _, p := range list {
		var key [8]byte
		binary.BigEndian.PutUint64(key[:], uint64(p.Key))
		b = append(b, key[8-classKeyBytes:]...)
		b = binary.AppendUvarint(b, uint64(p.Seq))
	}
	return b
}

// unpackClasses undoes packClasses.
func unpackClasses(b []byte) ([]ClassPos, error) {
	var list []ClassPos
	for len(b) > 0 {
		if len(b) <= classKeyBytes {
			return nil, fmt.Errorf("%w: cut short", ErrCursor)
		}
		var key [8]byte
		copy(key[8-classKeyBytes:], b)
		seq, n := binary.Uvarint(b[classKeyBytes:])
		if n <= 0 || seq > maxSeq {
			return nil, fmt.Errorf("%w: no position", ErrCursor)
		}
		p := ClassPos{ClassKey(binary.BigEndian.Uint64(key[:])), int64(seq)}
		if len(list) > 0 && list[len(list)-1].Key >= p.Key {
			return nil, fmt.Errorf("%w: classes out of order", ErrCursor)
		}
		list = append(list, p)
		b = b[classKeyBytes+n:]
	}
	return list, nil
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
	var err error
	if c.Tag == allTag {
		err = c.parseClasses(fields[1])
	} else {
		err = parseSeq(fields[1], &c.Class)
	}
	if err = errors.Join(err, parseSeq(fields[2], &c.User), parseSeq(fields[3], &c.System)); err != nil {
		return Cursor{}, err
	}
	if c.String() != text {
		return Cursor{}, fmt.Errorf("%w: not as it was given", ErrCursor)
	}
	return c, nil
}

func (c *Cursor) parseClasses(text string) error {
	packed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCursor, err)
	}
	c.Classes, err = unpackClasses(packed)
	return err
}

func parseSeq(text string, into *int64) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > maxSeq {
		return fmt.Errorf("%w: %q is no position", ErrCursor, text)
	}
	*into = n
	return nil
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
