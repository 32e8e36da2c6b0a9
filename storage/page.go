package storage

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"unicode/utf8"

	"homeroom/events"
)

// Page asks for a part of a list.
type Page struct {
	Limit int
	After string // List.Next of the part before; "" for the first
}

// List is a part of a list, read in one snapshot.
type List[T any] struct {
	Items []T
	Next  string        // Page.After of the next part; "" at the end
	At    events.Cursor // what a stream must be opened from to miss and repeat nothing
}

// key is the sort key that the page starts after.
func (p Page) key() (string, error) {
	key, err := base64.RawURLEncoding.DecodeString(p.After)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrPage, err)
	}
	if !utf8.Valid(key) || bytes.IndexByte(key, 0) >= 0 { // which not every database takes as text
		return "", fmt.Errorf("%w: no text", ErrPage)
	}
	return string(key), nil
}

// seqKey is key for lists that are sorted by a number; the first page is 0.
func (p Page) seqKey() (int64, error) {
	key, err := p.key()
	if err != nil || key == "" {
		return 0, err
	}
	seq, err := strconv.ParseInt(key, 10, 64)
	if err != nil || seq <= 0 {
		return 0, fmt.Errorf("%w: no position", ErrPage)
	}
	return seq, nil
}

// newList makes a list of items that were read with one more than the limit, to know whether more follow.
func newList[T any](items []T, limit int, key func(*T) string) List[T] {
	list := List[T]{Items: items}
	if len(items) > limit {
		list.Items = items[:limit]
		list.Next = base64.RawURLEncoding.EncodeToString([]byte(key(&items[limit-1])))
	}
	if list.Items == nil {
		list.Items = []T{} // an empty list is [] in JSON
	}
	return list
}
