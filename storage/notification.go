package storage

import (
	"cmp"
	"context"
	"encoding/binary"

	"github.com/google/uuid"

	"homeroom/events"
)

const (
	// MaxReadMarks is how many single notifications a user can have marked as read. Beyond it, all that is older than
	// the oldest mark counts as read too.
	MaxReadMarks = 1000
	// afterAllIDs comes after every id, in the order of bytes.
	afterAllIDs = "~"
	// excerptMost is how much of a text a notification has, in characters: a line or two on a phone.
	excerptMost = 140
)

// NotificationFilter picks notifications. Its zero value leaves all.
type NotificationFilter struct {
	Unread bool
	Class  string      // only those of a class
	Kind   events.Type // only those of a kind
}

// Inbox is a part of a user's notifications.
type Inbox struct {
	List[events.Listed]
	Unread int64 // of all, counted up to [MaxUnread]; see [ReadMarks]
}

// ReadMarks says what a user has read. Unread is what comes after the mark and is not marked itself, except what the
// user did, and what was told to all of a class that the user has muted.
type ReadMarks struct {
	UpTo string   // a notification's id; "" to leave the mark where it is
	IDs  []string // single ones
}

// excerpt is the beginning of a text.
func excerpt(text string) string {
	n := 0
	for at := range text {
		if n == excerptMost {
			return text[:at] + "…"
		}
		n++
	}
	return text
}

// tell logs a notification in a channel, and keeps it in the lists of an audience.
func (b *batch) tell(ctx context.Context, channel, audience events.Channel, p Principal, n events.Notification, expires events.Time) error {
	n.ID, n.At, n.Actor = newID(), b.now, p.User
	if err := b.tx.InsertNotification(ctx, audience, &n, expires); err != nil {
		return err
	}
	return b.appendTo(channel, events.NotificationCreated, n.Class, p, n)
}

// tellUser tells one user. The write needs the user's channel and preferences.
func (b *batch) tellUser(ctx context.Context, user string, p Principal, n events.Notification) error {
	n.Silent = b.rows.Preferences[user].Silences(n.Class, b.now)
	channel := events.UserChannel(user)
	return b.tell(ctx, channel, channel, p, n, 0)
}

// tellAll tells all of the notification's class, or everybody where it has none, until it expires: one row and one
// event, however many they are. The write needs the broadcast channel.
func (b *batch) tellAll(ctx context.Context, p Principal, n events.Notification, expires events.Time) error {
	audience := events.SystemChannel
	if n.Class != "" {
		audience = events.ClassChannel(n.Class)
	}
	return b.tell(ctx, events.BroadcastChannel, audience, p, n, expires)
}

// Notifications implements [Store].
func (e *Engine) Notifications(ctx context.Context, p Principal, filter NotificationFilter, page Page) (inbox Inbox, err error) {
	before, err := page.key()
	if err != nil {
		return inbox, err
	}
	before = cmp.Or(before, afterAllIDs)
	err = e.driver.View(ctx, func(r Reader) error {
		now := e.now()
		items, err := r.Notifications(ctx, p.User, filter, now, before, page.Limit+1)
		if err != nil {
			return err
		}
		inbox.List = newList(items, page.Limit, func(n *events.Listed) string { return n.ID })
		if inbox.Unread, err = r.Unread(ctx, p.User, now); err != nil {
			return err
		}
		inbox.At, err = allCursor(ctx, r, p.User)
		return err
	})
	return inbox, err
}

// ReadNotifications implements [Store].
func (e *Engine) ReadNotifications(ctx context.Context, p Principal, marks ReadMarks) (unread int64, err error) {
	err = e.write(ctx, Needs{}, func(ctx context.Context, b *batch) error {
		return b.tx.MarkRead(ctx, p.User, marks.UpTo, marks.IDs, MaxReadMarks)
	})
	if err != nil {
		return 0, err
	}
	err = e.driver.View(ctx, func(r Reader) error {
		unread, err = r.Unread(ctx, p.User, e.now())
		return err
	})
	return unread, err
}

// trimNotifications deletes what is older than a moment: notifications, marks of them, and notices that expired before.
func (e *Engine) trimNotifications(ctx context.Context, before events.Time) (int, error) {
	total := 0
	for _, drop := range [...]func(ctx context.Context, tx Tx, limit int) (int, error){
		func(ctx context.Context, tx Tx, limit int) (int, error) {
			return tx.ForgetNotifications(ctx, before, limit)
		},
		func(ctx context.Context, tx Tx, limit int) (int, error) {
			return tx.ForgetRead(ctx, idAtTime(before), limit)
		},
		func(ctx context.Context, tx Tx, limit int) (int, error) { return tx.DropNotices(ctx, before, limit) },
	} {
		n, err := e.inBatches(ctx, drop)
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// idAtTime is the least id that can have been made at a moment (RFC 9562, 5.7: a UUIDv7 begins with its milliseconds).
func idAtTime(at events.Time) string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], uint64(max(at, 0))<<16)
	return id.String()
}

// IDTime is when an id was made; false if it isn't one of ours.
func IDTime(id string) (events.Time, bool) {
	parsed, err := uuid.Parse(id)
	if err != nil || parsed.Version() != 7 {
		return 0, false
	}
	return events.Time(binary.BigEndian.Uint64(parsed[:8]) >> 16), true
}
