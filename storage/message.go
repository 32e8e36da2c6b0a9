package storage

import (
	"context"
	"errors"
	"math"
	"strconv"

	"homeroom/events"
)

// Message is a message of a class; its JSON is the data of message events. A deleted message stays as a tombstone.
type Message struct {
	ID        string      `json:"id"`
	Class     string      `json:"class"`
	Seq       int64       `json:"seq"` // of the event that created it
	Author    string      `json:"author"`
	Text      *string     `json:"text"` // nil once deleted
	ParentID  *string     `json:"parent_id"`
	Version   int64       `json:"version"` // 1 at first, one more with each change
	CreatedAt events.Time `json:"created_at"`
	EditedAt  events.Time `json:"edited_at"`
	DeletedAt events.Time `json:"deleted_at"`

	ReplyCount  int64       `json:"reply_count"`   // of replies that are not deleted
	LastReplyAt events.Time `json:"last_reply_at"` // when the newest of them was posted

	Mentions []string `json:"mentions"` // members whom the text names, at most [MaxMentions]; never nil
}

// MessageDraft is a message to be created.
type MessageDraft struct {
	Text     string
	ParentID *string // the message that it replies to, if any
	Attempt  Attempt `json:"-"`
}

// CreateMessage implements [Store].
func (e *Engine) CreateMessage(ctx context.Context, p Principal, class string, draft MessageDraft) (Message, error) {
	id := newID()
	needs := needClass(p, class)
	needs.Attempts = draft.Attempt.needs(p)
	if draft.ParentID != nil {
		needs.Messages = []string{*draft.ParentID}
	}
	to, err := e.addressees(ctx, class, draft.Text, draft.ParentID)
	if err != nil {
		return Message{}, err
	}
	to.add(&needs, p, class)
	read := e.guard.Read(draft.Text)
	var m Message
	var refused *HeldBackError
	err = e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		refused = nil
		a, err := admit(ctx, b, p, class, Post)
		if err != nil {
			return err
		}
		if err := b.begin(p, draft.Attempt); err != nil {
			return err
		}
		if err := a.barred(Post); err != nil {
			return err
		}
		parent, err := b.parent(class, draft.ParentID)
		if err != nil {
			return err
		}
		if err := b.unpaused(a); err != nil {
			return err
		}
		if err := b.unhurried(ctx, a); err != nil {
			return err
		}
		m = b.draft(id, class, p.User, draft.Text, draft.ParentID, &to)
		err = b.judgePost(a, read, m.Mentions)
		if held, ok := errors.AsType[*HeldBackError](err); ok {
			refused = held
			return b.hold(ctx, &m, held)
		}
		if err != nil {
			return err
		}
		return b.post(ctx, p, m, parent, &to, draft.Attempt)
	})
	switch {
	case err != nil:
		return Message{}, err
	case refused != nil: // and kept: teachers who can't be told find it all the same
		_ = e.tellTeachers(context.WithoutCancel(ctx), p, class, id)
		return Message{}, refused
	}
	return m, nil
}

// draft is a message as it would be posted now.
func (b *batch) draft(id, class, author, text string, parent *string, to *addressees) Message {
	return Message{
		ID: id, Class: class, Seq: b.nextSeq(events.ClassChannel(class)), Author: author, Text: &text,
		ParentID: parent, Version: 1, CreatedAt: b.now, Mentions: b.mentions(class, to),
	}
}

// post writes a message, its event and the word of it, counts it as a reply to its parent, if it has one, and keeps
// the answer.
func (b *batch) post(ctx context.Context, p Principal, m Message, parent *Message, to *addressees, attempt Attempt) error {
	if err := b.insertMessage(ctx, &m); err != nil {
		return err
	}
	if err := b.append(events.MessageCreated, m.Class, p, &m); err != nil {
		return err
	}
	if err := b.tellAddressees(ctx, Principal{User: m.Author}, &m, nil, to.author); err != nil {
		return err
	}
	if parent != nil {
		if err := b.updateThread(ctx, p, parent, parent.ReplyCount+1, m.CreatedAt); err != nil {
			return err
		}
	}
	return b.keep(ctx, p, attempt, m.ID, m.Version, &m)
}

// EditMessage implements [Store].
func (e *Engine) EditMessage(ctx context.Context, p Principal, class, id, text string, version int64) (Message, error) {
	to, err := e.addressees(ctx, class, text, nil)
	if err != nil {
		return Message{}, err
	}
	read := e.guard.Read(text)
	var m Message
	err = e.changeMessage(ctx, p, class, id, &to, func(ctx context.Context, b *batch, a *access, old *Message) error {
		if err := a.may(EditMessages, old.Author); err != nil {
			return err
		}
		m = *old
		switch {
		case old.DeletedAt != 0:
			return ErrMessageDeleted
		case version != AnyVersion && version != old.Version:
			return &VersionError{*old}
		case *old.Text == text:
			return nil
		}
		m.Text, m.Version, m.EditedAt, m.Mentions = &text, m.Version+1, b.now, b.mentions(class, &to)
		if err := b.judgeEdit(a, e.guard.Read(*old.Text), read, without(m.Mentions, old.Mentions)); err != nil {
			return err
		}
		if err := b.tx.KeepText(ctx, formerText(old)); err != nil {
			return err
		}
		changed := m
		if err := b.updateMessage(ctx, &changed); err != nil {
			return err
		}
		if err := b.append(events.MessageUpdated, class, p, &changed); err != nil {
			return err
		}
		if err := b.tx.RewordNotifications(ctx, id, "", excerpt(text)); err != nil {
			return err
		}
		return b.tellAddressees(ctx, p, &changed, old.Mentions, "")
	})
	if err != nil {
		return Message{}, err
	}
	return m, nil
}

// DeleteMessage implements [Store]. Deleting a tombstone changes nothing.
func (e *Engine) DeleteMessage(ctx context.Context, p Principal, class, id string, version int64) error {
	return e.changeMessage(ctx, p, class, id, &addressees{}, func(ctx context.Context, b *batch, a *access, old *Message) error {
		if err := a.may(Moderate, old.Author); err != nil {
			return err
		}
		switch {
		case version != AnyVersion && version != old.Version:
			return &VersionError{*old}
		case old.DeletedAt != 0:
			return nil
		}
		m := *old
		m.Text, m.Version, m.DeletedAt, m.Mentions = nil, m.Version+1, b.now, []string{}
		if err := b.updateMessage(ctx, &m); err != nil {
			return err
		}
		if err := b.tx.DropTexts(ctx, id); err != nil {
			return err
		}
		if err := b.tx.DropNotifications(ctx, id); err != nil {
			return err
		}
		if err := b.append(events.MessageDeleted, class, p, &m); err != nil || m.ParentID == nil {
			return err
		}
		return b.dropReply(ctx, p, *m.ParentID)
	})
}

// changeMessage finds a message of a class that the caller may read, for a change that says itself who may make it,
// and of which version: an expected version is looked at last, after what refuses the change in any version (RFC
// 9110, section 13.2.1).
func (e *Engine) changeMessage(ctx context.Context, p Principal, class, id string, to *addressees, change func(context.Context, *batch, *access, *Message) error) error {
	needs := needClass(p, class)
	needs.Messages = []string{id}
	to.add(&needs, p, class)
	return e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		a, err := authorize(ctx, b, p, class, ReadClass)
		if err != nil {
			return err
		}
		old := b.rows.Messages[id]
		if old == nil || old.Class != class {
			return ErrNotFound
		}
		return change(ctx, b, a, old)
	})
}

// Message implements [Store].
func (e *Engine) Message(ctx context.Context, p Principal, class, id string) (m Message, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		if _, err := authorize(ctx, r, p, class, ReadClass); err != nil {
			return err
		}
		found, err := r.Message(ctx, id)
		if err != nil {
			return err
		}
		if found == nil || found.Class != class {
			return ErrNotFound
		}
		m = *found
		return nil
	})
	return m, err
}

// Messages implements [Store].
func (e *Engine) Messages(ctx context.Context, p Principal, class string, page Page, order Order) (List[Message], error) {
	return e.listMessages(ctx, p, class, page, order, func(r Reader, beyond int64) ([]Message, error) {
		return r.Messages(ctx, class, order, beyond, page.Limit+1)
	})
}

// listMessages reads a list of messages of a class, beyond a seq.
func (e *Engine) listMessages(ctx context.Context, p Principal, class string, page Page, order Order, read func(r Reader, beyond int64) ([]Message, error)) (list List[Message], err error) {
	beyond, err := page.seqKey()
	if err != nil {
		return list, err
	}
	if order == NewestFirst && beyond == 0 {
		beyond = math.MaxInt64
	}
	err = e.viewClass(ctx, p, class, func(r Reader, at events.Cursor) error {
		messages, err := read(r, beyond)
		list = newList(messages, page.Limit, func(m *Message) string { return strconv.FormatInt(m.Seq, 10) })
		list.At = at
		return err
	})
	return list, err
}
