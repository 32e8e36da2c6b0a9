package storage

import (
	"context"

	"homeroom/events"
)

// Member is a user in a class; its JSON is the data of member events.
type Member struct {
	Class     string      `json:"class"`
	User      string      `json:"user"`
	Name      string      `json:"name"` // for display; the user id where no name is known
	Role      Role        `json:"role"`
	Version   int64       `json:"version"` // 1 at first, one more with each change
	JoinedAt  events.Time `json:"joined_at"`
	UpdatedAt events.Time `json:"updated_at"`

	MutedUntil events.Time `json:"muted_until"` // until then the member reads and doesn't post; none once it is over
}

// MemberChange adds a member or changes one. An empty name leaves it as it is.
type MemberChange struct {
	Role Role
	Name string
}

// displayName is a name to show for a user.
func displayName(user, name string) string {
	if name == "" {
		return user
	}
	return name
}

// PutMember implements [Store].
func (e *Engine) PutMember(ctx context.Context, p Principal, class, user string, change MemberChange, version int64) (Member, bool, error) {
	key := MemberKey{class, user}
	needs := needMember(p, key)
	needs.Mutes = []MemberKey{key}
	var m Member
	var created bool
	err := e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		if _, err := authorize(ctx, b, p, class, ManageMembers); err != nil {
			return err
		}
		old := b.rows.Members[key]
		created = old == nil
		if created {
			if version != AnyVersion {
				return &VersionError{} // a version was expected, and there is none
			}
			m = Member{Class: class, User: user, Name: displayName(user, change.Name), Role: change.Role, Version: 1, JoinedAt: b.now, UpdatedAt: b.now}
			if err := b.takeMute(ctx, &m); err != nil {
				return err
			}
			added := m
			return b.putMember(ctx, &added, events.MemberJoined, p)
		}
		m = *old
		if version != AnyVersion && version != m.Version {
			return &VersionError{m}
		}
		if m.Role == change.Role && (change.Name == "" || m.Name == change.Name) {
			return nil
		}
		if change.Role != Teacher {
			if err := b.keepTeacher(ctx, &m); err != nil {
				return err
			}
		}
		m.Role, m.Name, m.Version, m.UpdatedAt = change.Role, displayName(m.Name, change.Name), m.Version+1, b.now
		if m.Role == Teacher {
			m.MutedUntil = 0
		}
		changed := m
		return b.putMember(ctx, &changed, events.MemberUpdated, p)
	})
	if err != nil {
		return Member{}, false, err
	}
	return m, created, nil
}

// RemoveMember implements [Store].
func (e *Engine) RemoveMember(ctx context.Context, p Principal, class, user string, version int64) error {
	key := MemberKey{class, user}
	needs := needMember(p, key)
	return e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		a, err := authorize(ctx, b, p, class, ReadClass)
		if err != nil {
			return err
		}
		if err := a.may(RemoveMembers, user); err != nil {
			return err
		}
		m := b.rows.Members[key]
		if m == nil {
			return ErrNotFound
		}
		if version != AnyVersion && version != m.Version {
			return &VersionError{*m}
		}
		if err := b.keepTeacher(ctx, m); err != nil {
			return err
		}
		return b.deleteMember(ctx, m, p)
	})
}

// needMember is what a call about a member looks at.
func needMember(p Principal, key MemberKey) Needs {
	needs := needClass(p, key.Class)
	needs.Members = append(needs.Members, key)
	needs.Channels = append(needs.Channels, events.UserChannel(key.User))
	needs.Preferences = []string{key.User}
	return needs
}

// keepTeacher refuses to take away a class's last teacher.
func (b *batch) keepTeacher(ctx context.Context, m *Member) error {
	if m.Role != Teacher {
		return nil
	}
	n, err := b.tx.Teachers(ctx, m.Class)
	if err == nil && n < 2 {
		err = ErrLastTeacher
	}
	return err
}

// Member implements [Store].
func (e *Engine) Member(ctx context.Context, p Principal, class, user string) (m Member, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		if _, err := authorize(ctx, r, p, class, ReadClass); err != nil {
			return err
		}
		found, err := r.Member(ctx, class, user)
		if err != nil {
			return err
		}
		if found == nil {
			return ErrNotFound
		}
		m = *found
		return nil
	})
	return m, err
}

// Members implements [Store].
func (e *Engine) Members(ctx context.Context, p Principal, class string, page Page) (list List[Member], err error) {
	after, err := page.key()
	if err != nil {
		return list, err
	}
	err = e.viewClass(ctx, p, class, func(r Reader, at events.Cursor) error {
		members, err := r.Members(ctx, class, after, page.Limit+1)
		list = newList(members, page.Limit, func(m *Member) string { return m.User })
		list.At = at
		return err
	})
	return list, err
}
