package storage

import (
	"context"
	"time"

	"homeroom/events"
)

// MaxMute is the longest that a member is muted for: by then a school year is over.
const MaxMute = 366 * 24 * time.Hour

// MutedError is for what a muted member may not do for the time being.
type MutedError struct {
	Until events.Time
}

func (e *MutedError) Error() string { return "muted until " + e.Until.String() }

// lapse ends a mute whose time is over.
func (m *Member) lapse(now events.Time) {
	if m.MutedUntil <= now {
		m.MutedUntil = 0
	}
}

// muting is the action of muting a member, and of ending that.
func muting(m *Member, p Principal) Action {
	switch {
	case m.User == p.User:
		return MuteOneself
	case m.Role == Student:
		return MuteStudents
	case m.Role == Assistant:
		return MuteAssistants
	default:
		return MuteTeachers
	}
}

// MuteMember implements [Store].
func (e *Engine) MuteMember(ctx context.Context, p Principal, class, user string, until events.Time, version int64) (Member, error) {
	return e.mute(ctx, p, class, user, version, func(now events.Time) (events.Time, error) {
		if until <= now || until > now+events.Time(MaxMute.Milliseconds()) {
			return 0, ErrMuteTime
		}
		return until, nil
	})
}

// UnmuteMember implements [Store].
func (e *Engine) UnmuteMember(ctx context.Context, p Principal, class, user string, version int64) error {
	_, err := e.mute(ctx, p, class, user, version, func(events.Time) (events.Time, error) { return 0, nil })
	return err
}

// mute sets until when a member is muted.
func (e *Engine) mute(ctx context.Context, p Principal, class, user string, version int64, until func(now events.Time) (events.Time, error)) (Member, error) {
	key := MemberKey{class, user}
	var m Member
	err := e.write(ctx, needMember(p, key), func(ctx context.Context, b *batch) error {
		a, err := authorize(ctx, b, p, class, ReadClass)
		if err != nil {
			return err
		}
		old := b.rows.Members[key]
		if old == nil {
			return ErrNotFound
		}
		if err := a.may(muting(old, p), user); err != nil {
			return err
		}
		m = *old
		if m.MutedUntil, err = until(b.now); err != nil {
			return err
		}
		if version != AnyVersion && version != old.Version {
			return &VersionError{*old}
		}
		if m == *old {
			return nil
		}
		m.Version, m.UpdatedAt = m.Version+1, b.now
		changed := m
		return b.putMember(ctx, &changed, events.MemberUpdated, p)
	})
	if err != nil {
		return Member{}, err
	}
	return m, nil
}

// keepMute notes until when one who leaves is muted: coming back doesn't end it.
func (b *batch) keepMute(ctx context.Context, m *Member) error {
	if m.MutedUntil == 0 {
		return nil
	}
	key := MemberKey{m.Class, m.User}
	b.rows.Mutes[key] = m.MutedUntil
	return b.tx.KeepMute(ctx, key, m.MutedUntil)
}

// takeMute has one who comes back be muted as long as was set before.
func (b *batch) takeMute(ctx context.Context, m *Member) error {
	key := MemberKey{m.Class, m.User}
	until := b.rows.Mutes[key]
	if until == 0 {
		return nil
	}
	if until > b.now && m.Role != Teacher {
		m.MutedUntil = until
	}
	b.rows.Mutes[key] = 0
	return b.tx.KeepMute(ctx, key, 0)
}
