package storage

import (
	"context"
	"time"

	"homeroom/events"
)

// DefaultRetainRevocations is how long all that a user was issued stays refused. No token may live longer.
const DefaultRetainRevocations = 30 * 24 * time.Hour

// MaxRevokedSessions is how many sessions of one user can be revoked at a time. Whoever ends more has all of them ended,
// and their tokens too: so the list of what is refused stays in proportion to the users.
const MaxRevokedSessions = 500

// RevokeSession implements [Store].
func (e *Engine) RevokeSession(ctx context.Context, p Principal, session string, expires events.Time, keep time.Duration) (events.Revocation, error) {
	var r events.Revocation
	err := e.write(ctx, needRevocations(), func(ctx context.Context, b *batch) error {
		n, err := b.tx.CountRevocations(ctx, p.User)
		if err != nil {
			return err
		}
		r = events.Revocation{User: p.User, Session: session, At: b.now, Until: expires}
		if n >= MaxRevokedSessions {
			r = b.revocationOfAll(p.User, keep)
		}
		return b.revoke(ctx, p, &r)
	})
	return r, err
}

// EndSessions implements [Store].
func (e *Engine) EndSessions(ctx context.Context, p Principal, user string, keep time.Duration) (events.Revocation, error) {
	if err := p.May(EndSessions); err != nil {
		return events.Revocation{}, err
	}
	var r events.Revocation
	err := e.write(ctx, needRevocations(), func(ctx context.Context, b *batch) error {
		r = b.revocationOfAll(user, keep)
		return b.revoke(ctx, p, &r)
	})
	return r, err
}

// revocationOfAll refuses all that a user was issued until now.
func (b *batch) revocationOfAll(user string, keep time.Duration) events.Revocation {
	return events.Revocation{User: user, At: b.now, Until: b.now + events.Time(keep.Milliseconds())}
}

// revoke writes a revocation, and the event by which every process learns of it.
func (b *batch) revoke(ctx context.Context, p Principal, r *events.Revocation) error {
	if err := b.tx.PutRevocation(ctx, r); err != nil {
		return err
	}
	return b.appendTo(events.BroadcastChannel, events.AccessRevoked, "", p, r)
}

func needRevocations() Needs { return Needs{Channels: []events.Channel{events.BroadcastChannel}} }

// Revocations implements [events.Log].
func (e *Engine) Revocations(ctx context.Context) (list []events.Revocation, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		list, err = r.Revocations(ctx, e.now())
		return err
	})
	return list, err
}

// forgetRevocations deletes those about which nothing is left.
func (e *Engine) forgetRevocations(ctx context.Context, now events.Time) (int, error) {
	return e.inBatches(ctx, func(ctx context.Context, tx Tx, limit int) (int, error) {
		return tx.DropRevocations(ctx, now, limit)
	})
}
