package storage

import (
	"context"

	"homeroom/events"
)

// parent is the message that a new one of a class replies to; nil for no reply. A message of another class is not told
// apart from one that doesn't exist.
func (b *batch) parent(class string, id *string) (*Message, error) {
	if id == nil {
		return nil, nil
	}
	parent := b.rows.Messages[*id]
	switch {
	case parent == nil || parent.Class != class:
		return nil, ErrParentNotFound
	case parent.ParentID != nil:
		return nil, ErrParentIsReply
	case parent.DeletedAt != 0:
		return nil, ErrParentDeleted
	}
	return parent, nil
}

// dropReply takes a reply that was just deleted out of its parent's count. The parent may be a tombstone: its thread
// stays.
func (b *batch) dropReply(ctx context.Context, p Principal, parent string) error {
	last, err := b.tx.LastReply(ctx, parent)
	if err != nil {
		return err
	}
	m := b.rows.Messages[parent]
	return b.updateThread(ctx, p, m, m.ReplyCount-1, last)
}

// updateThread changes what a message says of its replies, for the event to follow the reply's own. All writes to a
// class hold its channel, so no two count at once.
func (b *batch) updateThread(ctx context.Context, p Principal, parent *Message, replies int64, last events.Time) error {
	m := *parent
	m.ReplyCount, m.LastReplyAt, m.Version = replies, last, m.Version+1
	if err := b.updateMessage(ctx, &m); err != nil {
		return err
	}
	return b.append(events.MessageUpdated, m.Class, p, &m)
}

// TopMessages implements [Store].
func (e *Engine) TopMessages(ctx context.Context, p Principal, class string, page Page, order Order) (List[Message], error) {
	return e.listMessages(ctx, p, class, page, order, func(r Reader, beyond int64) ([]Message, error) {
		return r.TopMessages(ctx, class, order, beyond, page.Limit+1)
	})
}

// Replies implements [Store]. The thread of a deleted message can be read too.
func (e *Engine) Replies(ctx context.Context, p Principal, class, id string, page Page, order Order) (List[Message], error) {
	return e.listMessages(ctx, p, class, page, order, func(r Reader, beyond int64) ([]Message, error) {
		parent, err := r.Message(ctx, id)
		if err != nil {
			return nil, err
		}
		if parent == nil || parent.Class != class {
			return nil, ErrNotFound
		}
		return r.Replies(ctx, id, order, beyond, page.Limit+1)
	})
}
