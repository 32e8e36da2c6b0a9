package storage

import (
	"context"

	"homeroom/events"
)

// MaxNotices is how many notices there may be at a time that haven't expired: all of them are shown to everybody who
// opens a stream.
const MaxNotices = 20

// NoticeDraft is a notice to be made.
type NoticeDraft struct {
	Level     events.NoticeLevel
	Text      string
	ExpiresAt events.Time
	Attempt   Attempt `json:"-"`
}

// CreateNotice implements [Store].
func (e *Engine) CreateNotice(ctx context.Context, p Principal, draft NoticeDraft) (events.Notice, error) {
	if err := p.May(ManageNotices); err != nil {
		return events.Notice{}, err
	}
	id := newID()
	needs := needNotices()
	needs.Attempts = draft.Attempt.needs(p)
	var n events.Notice
	err := e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		if err := b.begin(p, draft.Attempt); err != nil {
			return err
		}
		now := b.now
		live, err := b.tx.CountNotices(ctx, now)
		if err != nil {
			return err
		}
		if live >= MaxNotices {
			return ErrTooManyNotices
		}
		n = events.Notice{
			ID: id, Level: draft.Level, Text: draft.Text, Author: p.User, Version: 1, CreatedAt: now, ExpiresAt: draft.ExpiresAt,
		}
		if err := b.putNotice(ctx, p, n); err != nil {
			return err
		}
		return b.keep(ctx, p, draft.Attempt, id, n.Version, n)
	})
	if err != nil {
		return events.Notice{}, err
	}
	return n, nil
}

// WithdrawNotice implements [Store]. The notice expires at once, which its event tells.
func (e *Engine) WithdrawNotice(ctx context.Context, p Principal, id string) error {
	if err := p.May(ManageNotices); err != nil {
		return err
	}
	return e.write(ctx, needNotices(), func(ctx context.Context, b *batch) error {
		now := b.now
		n, err := b.tx.Notice(ctx, id)
		if err != nil {
			return err
		}
		if n == nil || n.ExpiresAt <= now {
			return ErrNotFound
		}
		n.ExpiresAt, n.Version = now, n.Version+1
		return b.putNotice(ctx, p, *n)
	})
}

// putNotice writes a notice and the event of it.
func (b *batch) putNotice(ctx context.Context, p Principal, n events.Notice) error {
	if err := b.tx.PutNotice(ctx, &n); err != nil {
		return err
	}
	if err := b.appendTo(events.SystemChannel, events.SystemNotice, "", p, &n); err != nil {
		return err
	}
	if n.Version > 1 {
		return b.tx.DropNotifications(ctx, n.ID)
	}
	return b.tellAll(ctx, p, events.Notification{
		Kind: events.SystemNotice, Seq: b.head(events.SystemChannel), Subject: n.ID, Title: string(n.Level), Text: excerpt(n.Text),
	}, n.ExpiresAt)
}

// needNotices is what a call about a notice looks at.
func needNotices() Needs {
	return Needs{Channels: []events.Channel{events.SystemChannel, events.BroadcastChannel}}
}

// Notice implements [Store].
func (e *Engine) Notice(ctx context.Context, id string) (n events.Notice, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		found, err := r.Notice(ctx, id)
		if err != nil {
			return err
		}
		if found == nil || found.ExpiresAt <= e.now() {
			return ErrNotFound
		}
		n = *found
		return nil
	})
	return n, err
}

// Notices implements [Store].
func (e *Engine) Notices(ctx context.Context, p Principal, page Page) (list List[events.Notice], err error) {
	after, err := page.key()
	if err != nil {
		return list, err
	}
	err = e.driver.View(ctx, func(r Reader) error {
		notices, err := r.Notices(ctx, e.now(), after, page.Limit+1)
		if err != nil {
			return err
		}
		list = newList(notices, page.Limit, func(n *events.Notice) string { return n.ID })
		list.At, err = allCursor(ctx, r, p.User)
		return err
	})
	return list, err
}

// Noticeboard implements [events.Log].
func (e *Engine) Noticeboard(ctx context.Context) (at events.Noticeboard, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		extents, err := r.Extents(ctx, []events.Channel{events.SystemChannel})
		if err != nil {
			return err
		}
		at.Extent = extents[events.SystemChannel]
		at.Notices, err = r.Notices(ctx, e.now(), "", MaxNotices)
		return err
	})
	return at, err
}
