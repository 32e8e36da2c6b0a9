package storage

import (
	"context"

	"homeroom/events"
)

// MaxUnread is how far unread messages are counted: more are as good as this many, and a count costs a bounded read.
const MaxUnread = 1000

// MaxReceiptUsers is how many users a message's receipts name; the counts are of all.
const MaxReceiptUsers = 200

// Receipt is up to which seq of a class's channel a member has received and read it. Read never passes Delivered, and
// neither ever goes back. It is no part of the log: a change of it makes no event.
type Receipt struct {
	Class     string      `json:"class"`
	User      string      `json:"user"`
	Delivered int64       `json:"delivered"`  // 0: nothing yet
	Read      int64       `json:"read"`       // 0: nothing yet
	UpdatedAt events.Time `json:"updated_at"` // none before the first change
}

// ReceiptChange moves a receipt on. Nil leaves a position as it is, and so does one that is not further on.
type ReceiptChange struct {
	Delivered *int64
	Read      *int64
}

// MessageReceipts says how far a message has come.
type MessageReceipts struct {
	Message   string `json:"message"`
	Seq       int64  `json:"seq"`
	Members   int64  `json:"members"` // of the class, without the author
	Delivered Reach  `json:"delivered"`
	Read      Reach  `json:"read"`
}

// Reach is the members whom something has reached, the author aside.
type Reach struct {
	Count int64    `json:"count"`
	Users []string `json:"users"` // by id, at most [MaxReceiptUsers] of them
}

// Seen is how much of a class a member has read.
type Seen struct {
	Read   int64 // the receipt's
	Unread int64 // messages of others beyond it that are not deleted, counted up to [MaxUnread]
}

// UpdateReceipt implements [Store].
func (e *Engine) UpdateReceipt(ctx context.Context, p Principal, class string, change ReceiptChange) (Receipt, error) {
	var receipt Receipt
	err := e.write(ctx, needReceipt(p, class), func(ctx context.Context, b *batch) error {
		if _, err := authorize(ctx, b, p, class, Acknowledge); err != nil {
			return err
		}
		read := valueOr(change.Read, 0)
		delivered := max(valueOr(change.Delivered, 0), read)
		if delivered > b.head(events.ClassChannel(class)) {
			return ErrReceiptAhead
		}
		var err error
		receipt, err = b.advance(ctx, MemberKey{class, p.User}, delivered, read)
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	return receipt, nil
}

func valueOr(value *int64, fallback int64) int64 {
	if value == nil {
		return fallback
	}
	return *value
}

// advance moves a member's receipt on, and answers what stands then.
func (b *batch) advance(ctx context.Context, key MemberKey, delivered, read int64) (Receipt, error) {
	r := Receipt{Class: key.Class, User: key.User}
	if old := b.rows.Receipts[key]; old != nil {
		r = *old
	}
	if delivered <= r.Delivered && read <= r.Read {
		return r, nil
	}
	r.Delivered, r.Read, r.UpdatedAt = max(r.Delivered, delivered), max(r.Read, read), b.now
	changed := r
	b.rows.Receipts[key] = &changed
	if err := b.tx.PutReceipt(ctx, &changed); err != nil {
		return Receipt{}, err
	}
	b.receipts = append(b.receipts, events.Receipt{Class: r.Class, User: r.User, Delivered: r.Delivered, Read: r.Read})
	return r, nil
}

// Receipts implements [Store].
func (e *Engine) Receipts(ctx context.Context, p Principal, class string, page Page) (list List[Receipt], err error) {
	after, err := page.key()
	if err != nil {
		return list, err
	}
	err = e.viewClass(ctx, p, class, func(r Reader, at events.Cursor) error {
		receipts, err := r.Receipts(ctx, class, after, page.Limit+1)
		list = newList(receipts, page.Limit, func(r *Receipt) string { return r.User })
		list.At = at
		return err
	})
	return list, err
}

// MessageReceipts implements [Store].
func (e *Engine) MessageReceipts(ctx context.Context, p Principal, class, id string) (receipts MessageReceipts, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		if _, err := authorize(ctx, r, p, class, ReadClass); err != nil {
			return err
		}
		m, err := r.Message(ctx, id)
		if err != nil {
			return err
		}
		if m == nil || m.Class != class {
			return ErrNotFound
		}
		receipts, err = r.MessageReceipts(ctx, m)
		return err
	})
	return receipts, err
}

// needReceipt is what a call about the caller's receipt looks at.
func needReceipt(p Principal, class string) Needs {
	needs := needClass(p, class)
	needs.Receipts = []MemberKey{{class, p.User}}
	return needs
}
