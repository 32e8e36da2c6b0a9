package storage

import (
	"cmp"
	"context"

	"homeroom/events"
)

const (
	// MaxHeld is how many messages of a class are kept that were held back: the newest.
	MaxHeld = 200
	// toldMost is how many teachers of a class are told of one.
	toldMost = 20
)

// HeldMessage is a message that was held back as it looked like spam, for the teachers of its class.
type HeldMessage struct {
	ID          string      `json:"id"`
	Class       string      `json:"class"`
	Author      string      `json:"author"`
	Text        string      `json:"text"`
	ParentID    *string     `json:"parent_id"`
	Reason      HeldReason  `json:"reason"`
	HeldAt      events.Time `json:"held_at"`
	PausedUntil events.Time `json:"paused_until"` // the author, unless the message is released before
}

// hold keeps a message that was just judged, in place of the oldest where there are many. It is part of the write that
// is refused, which commits: the message is kept and its author paused, or neither. There is at most one for each pause,
// however many messages come during it.
func (b *batch) hold(ctx context.Context, m *Message, refused *HeldBackError) error {
	refused.Kept = true
	held := &HeldMessage{
		ID: m.ID, Class: m.Class, Author: m.Author, Text: *m.Text, ParentID: m.ParentID,
		Reason: refused.Reason, HeldAt: b.now, PausedUntil: b.now + events.Time(refused.Wait.Milliseconds()),
	}
	if err := b.tx.InsertHeld(ctx, held); err != nil {
		return err
	}
	return b.tx.BoundHeld(ctx, m.Class, MaxHeld)
}

// tellTeachers tells those of a class of a message that was held back. It is a write of its own: until a message is judged
// nobody knows that it concerns them.
func (e *Engine) tellTeachers(ctx context.Context, p Principal, class, id string) error {
	var teachers []string
	if err := e.driver.View(ctx, func(r Reader) (err error) {
		teachers, err = r.TeacherIDs(ctx, class, toldMost)
		return err
	}); err != nil {
		return err
	}
	needs := needClass(p, class)
	for _, user := range teachers {
		needs.Members = append(needs.Members, MemberKey{class, user})
		needs.Channels = append(needs.Channels, events.UserChannel(user))
		needs.Preferences = append(needs.Preferences, user)
	}
	return e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		held, err := b.held(ctx, class, id)
		if err != nil {
			return err
		}
		for _, user := range teachers {
			if m := b.rows.Members[MemberKey{class, user}]; m == nil || m.Role != Teacher {
				continue
			}
			if err := b.tellUser(ctx, user, p, events.Notification{
				Kind: events.MessageHeld, Class: class, Seq: b.head(events.ClassChannel(class)), Subject: id, Text: excerpt(held.Text),
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// drop forgets a held message, with the word of it.
func (b *batch) drop(ctx context.Context, class, id string) error {
	if err := b.tx.DeleteHeld(ctx, class, id); err != nil {
		return err
	}
	return b.tx.DropNotifications(ctx, id)
}

// HeldMessages implements [Store].
func (e *Engine) HeldMessages(ctx context.Context, p Principal, class string, page Page) (list List[HeldMessage], err error) {
	before, err := page.key()
	if err != nil {
		return list, err
	}
	before = cmp.Or(before, afterAllIDs)
	err = e.viewClass(ctx, p, class, func(r Reader, at events.Cursor) error {
		if _, err := authorize(ctx, r, p, class, ReviewHeld); err != nil {
			return err
		}
		held, err := r.HeldMessages(ctx, class, before, page.Limit+1)
		list = newList(held, page.Limit, func(m *HeldMessage) string { return m.ID })
		list.At = at
		return err
	})
	return list, err
}

// DismissMessage implements [Store].
func (e *Engine) DismissMessage(ctx context.Context, p Principal, class, id string) error {
	return e.write(ctx, needClass(p, class), func(ctx context.Context, b *batch) error {
		if _, err := authorize(ctx, b, p, class, ReviewHeld); err != nil {
			return err
		}
		if _, err := b.held(ctx, class, id); err != nil {
			return err
		}
		return b.drop(ctx, class, id)
	})
}

// held is a message of a class that was held back.
func (b *batch) held(ctx context.Context, class, id string) (*HeldMessage, error) {
	held, err := b.tx.HeldMessage(ctx, id)
	if err != nil {
		return nil, err
	}
	if held == nil || held.Class != class {
		return nil, ErrNotFound
	}
	return held, nil
}

// ReleaseMessage implements [Store]. The event names the teacher as its actor; whom the message mentions or replies to
// hears of its author.
func (e *Engine) ReleaseMessage(ctx context.Context, p Principal, class, id string, attempt Attempt) (Message, error) {
	draft, to, err := e.heldDraft(ctx, class, id)
	if err != nil {
		return Message{}, err
	}
	author := Principal{User: draft.Author}
	needs := needClass(p, class)
	needs.Attempts = attempt.needs(p)
	needs.Members = append(needs.Members, MemberKey{class, draft.Author})
	if draft.ParentID != nil {
		needs.Messages = []string{*draft.ParentID}
	}
	to.add(&needs, author, class)
	released := newID()
	var m Message
	err = e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		a, err := admit(ctx, b, p, class, ReleaseHeld)
		if err != nil {
			return err
		}
		if err := b.begin(p, attempt); err != nil {
			return err
		}
		if err := a.barred(ReleaseHeld); err != nil {
			return err
		}
		held, err := b.held(ctx, class, id)
		if err != nil {
			return err
		}
		if b.rows.Members[MemberKey{class, held.Author}] == nil {
			return ErrAuthorGone
		}
		parent, err := b.parent(class, held.ParentID)
		if err != nil {
			return err
		}
		m = b.draft(released, class, held.Author, held.Text, held.ParentID, &to)
		if err := b.drop(ctx, class, id); err != nil {
			return err
		}
		b.trial.Pardon(held.Author)
		return b.post(ctx, p, m, parent, &to, attempt)
	})
	if err != nil {
		return Message{}, err
	}
	return m, nil
}

// heldDraft looks up a message that may be released, and whom it would be told to: what never changes of it. If there
// is none it is empty, and the write finds out.
func (e *Engine) heldDraft(ctx context.Context, class, id string) (held HeldMessage, to addressees, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		found, err := r.HeldMessage(ctx, id)
		if found != nil && found.Class == class {
			held = *found
		}
		return err
	})
	if err == nil {
		to, err = e.addressees(ctx, class, held.Text, held.ParentID)
	}
	return held, to, err
}

// trimHeld deletes those that were held back before a moment.
func (e *Engine) trimHeld(ctx context.Context, before events.Time) (int, error) {
	return e.inBatches(ctx, func(ctx context.Context, tx Tx, limit int) (int, error) {
		return tx.ForgetHeld(ctx, before, limit)
	})
}
