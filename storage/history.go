package storage

import (
	"context"
	"strconv"

	"homeroom/events"
)

// FormerText is what a message said before an edit.
type FormerText struct {
	Message string      `json:"-"`
	Version int64       `json:"version"` // the last one with this text
	Text    string      `json:"text"`
	At      events.Time `json:"at"`     // when it was written
	Editor  string      `json:"editor"` // who wrote it
}

// formerText is what an edit of a message takes away.
func formerText(m *Message) *FormerText {
	at := m.CreatedAt
	if m.EditedAt != 0 {
		at = m.EditedAt
	}
	return &FormerText{Message: m.ID, Version: m.Version, Text: *m.Text, At: at, Editor: m.Author}
}

// FormerTexts implements [Store].
func (e *Engine) FormerTexts(ctx context.Context, p Principal, class, id string, page Page) (list List[FormerText], err error) {
	after, err := page.seqKey()
	if err != nil {
		return list, err
	}
	err = e.viewClass(ctx, p, class, func(r Reader, at events.Cursor) error {
		a, err := authorize(ctx, r, p, class, ReadHistory)
		if err != nil {
			return err
		}
		m, err := r.Message(ctx, id)
		if err != nil {
			return err
		}
		if m == nil || m.Class != class {
			return ErrNotFound
		}
		if err := a.may(ReadHistory, m.Author); err != nil {
			return err
		}
		texts, err := r.FormerTexts(ctx, id, after, page.Limit+1)
		list = newList(texts, page.Limit, func(f *FormerText) string { return strconv.FormatInt(f.Version, 10) })
		list.At = at
		return err
	})
	return list, err
}
