package storage

import (
	"context"

	"homeroom/events"
)

// AcknowledgementKey names an acknowledgement.
type AcknowledgementKey struct{ Class, Bulletin, User string }

// Acknowledgement is a member's word to have seen a bulletin that asks for it.
type Acknowledgement struct {
	Class          string      `json:"-"`
	Bulletin       string      `json:"-"`
	User           string      `json:"user"`
	AcknowledgedAt events.Time `json:"acknowledged_at"`
}

// MemberAcknowledgement is a member who has acknowledged a bulletin, or has not.
type MemberAcknowledgement struct {
	User           string      `json:"user"`
	Name           string      `json:"name"`
	Role           Role        `json:"role"`
	AcknowledgedAt events.Time `json:"acknowledged_at"` // none yet
}

// AcknowledgementList is a part of a class's members but for a bulletin's author, by user id, and the count of all.
type AcknowledgementList struct {
	List[MemberAcknowledgement]
	Tally Tally
}

// AcknowledgementState chooses among members.
type AcknowledgementState string

// The choices.
const (
	AnyState     AcknowledgementState = ""
	Acknowledged AcknowledgementState = "acknowledged"
	Missing      AcknowledgementState = "missing"
)

// Acknowledge implements [Store]. The first time stands. It goes on in an archived class, as receipts do.
func (e *Engine) Acknowledge(ctx context.Context, p Principal, key BulletinKey) (Acknowledgement, error) {
	ack := AcknowledgementKey{key.Class, key.ID, p.User}
	needs := needClass(p, key.Class)
	needs.Bulletins, needs.Acknowledgements = []string{key.ID}, []AcknowledgementKey{ack}
	var given Acknowledgement
	err := e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		a, err := authorize(ctx, b, p, key.Class, ReadClass)
		if err != nil {
			return err
		}
		m := b.rows.Bulletins[key.ID]
		switch {
		case !a.shows(m, key):
			return ErrNotFound
		case a.member == nil:
			return ErrForbidden // an admin who is no member is not asked
		case m.PublishedAt == 0:
			return ErrNotPublished
		case !m.RequiresAcknowledgement:
			return ErrNotRequired
		}
		if old := b.rows.Acknowledgements[ack]; old != nil {
			given = *old
			return nil
		}
		given = Acknowledgement{Class: key.Class, Bulletin: key.ID, User: p.User, AcknowledgedAt: events.Now()}
		inserted := given
		b.rows.Acknowledgements[ack] = &inserted
		return b.tx.InsertAcknowledgement(ctx, &inserted)
	})
	if err != nil {
		return Acknowledgement{}, err
	}
	return given, nil
}

// Acknowledgements implements [Store].
func (e *Engine) Acknowledgements(ctx context.Context, p Principal, key BulletinKey, state AcknowledgementState, page Page) (list AcknowledgementList, err error) {
	after, err := page.key()
	if err != nil {
		return list, err
	}
	err = e.viewClass(ctx, p, key.Class, func(r Reader, at events.Cursor) error {
		m, err := readBulletin(ctx, r, p, key, Publish)
		if err != nil {
			return err
		}
		if list.Tally, err = r.Tally(ctx, m, p.User); err != nil {
			return err
		}
		members, err := r.Acknowledgements(ctx, m, state, after, page.Limit+1)
		list.List = newList(members, page.Limit, func(m *MemberAcknowledgement) string { return m.User })
		list.At = at
		return err
	})
	return list, err
}
