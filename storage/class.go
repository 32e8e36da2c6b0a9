package storage

import (
	"context"

	"homeroom/events"
)

// ClassInfo is a class as everybody in it sees it; its JSON is the data of class.updated.
type ClassInfo struct {
	ID        string      `json:"id"`
	Name      string      `json:"name"`
	Version   int64       `json:"version"` // 1 at first, one more with each change
	CreatedAt events.Time `json:"created_at"`
	UpdatedAt events.Time `json:"updated_at"`

	ArchivedAt events.Time `json:"archived_at"` // then it can only be read
}

// Class is a class as its caller sees it.
type Class struct {
	ClassInfo
	Role *Role `json:"role"` // the caller's; nil for an admin who is no member

	Read   *int64 `json:"read"`   // up to which seq the caller has read; nil for an admin who is no member
	Unread *int64 `json:"unread"` // see [Seen]; nil for an admin who is no member
}

// seer knows how much of a class a member has read.
type seer interface {
	Seen(ctx context.Context, class, user string) (Seen, error)
}

// see is a class as its caller sees it.
func (a *access) see(ctx context.Context, s seer) (Class, error) {
	class := Class{ClassInfo: *a.class, Role: a.role()}
	if a.member == nil {
		return class, nil
	}
	seen, err := s.Seen(ctx, a.class.ID, a.member.User)
	class.Read, class.Unread = &seen.Read, &seen.Unread
	return class, err
}

// ClassDraft is a class to be created.
type ClassDraft struct {
	Name    string
	Attempt Attempt `json:"-"`
}

// ClassChange changes a class. Nil leaves a field as it is.
type ClassChange struct {
	Name     *string
	Archived *bool
}

// apply makes a change, and reports whether it was one.
func (c ClassChange) apply(class *ClassInfo) bool {
	was, now := *class, events.Now()
	if c.Name != nil {
		class.Name = *c.Name
	}
	if c.Archived != nil && *c.Archived != (class.ArchivedAt != 0) {
		class.ArchivedAt = 0
		if *c.Archived {
			class.ArchivedAt = now
		}
	}
	if *class == was {
		return false
	}
	class.UpdatedAt = now
	return true
}

// CreateClass implements [Store].
func (e *Engine) CreateClass(ctx context.Context, p Principal, draft ClassDraft) (Class, error) {
	if p.Role != GlobalTeacher && p.Role != GlobalAdmin {
		return Class{}, ErrForbidden
	}
	id, role := newID(), Teacher
	var class Class
	needs := Needs{Channels: []events.Channel{events.UserChannel(p.User)}, Attempts: draft.Attempt.needs(p)}
	err := e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		if err := b.begin(p, draft.Attempt); err != nil {
			return err
		}
		now := events.Now()
		info := ClassInfo{ID: id, Name: draft.Name, Version: 1, CreatedAt: now, UpdatedAt: now}
		class = Class{ClassInfo: info, Role: &role, Read: new(int64), Unread: new(int64)}
		if err := b.putClass(ctx, &info); err != nil {
			return err
		}
		creator := &Member{Class: id, User: p.User, Name: displayName(p.User, p.Name), Role: role, Version: 1, JoinedAt: now, UpdatedAt: now}
		if err := b.putMember(ctx, creator, events.MemberJoined, p); err != nil {
			return err
		}
		return b.keep(ctx, p, draft.Attempt, id, class.Version, class)
	})
	if err != nil {
		return Class{}, err
	}
	return class, nil
}

// UpdateClass implements [Store].
func (e *Engine) UpdateClass(ctx context.Context, p Principal, id string, change ClassChange, version int64) (Class, error) {
	var class Class
	err := e.write(ctx, needClass(p, id), func(ctx context.Context, b *batch) error {
		a, err := authorize(ctx, b, p, id, ManageClass)
		if err != nil {
			return err
		}
		if class, err = a.see(ctx, b); err != nil {
			return err
		}
		if version != AnyVersion && version != class.Version {
			return &VersionError{class}
		}
		if !change.apply(&class.ClassInfo) {
			return nil
		}
		class.Version++
		info, archived := class.ClassInfo, a.class.ArchivedAt != class.ArchivedAt
		if err := b.putClass(ctx, &info); err != nil {
			return err
		}
		if archived {
			if err := b.rest(ctx, &info); err != nil {
				return err
			}
		}
		return b.append(events.ClassUpdated, id, p, &info)
	})
	if err != nil {
		return Class{}, err
	}
	return class, nil
}

// DeleteClass implements [Store].
func (e *Engine) DeleteClass(ctx context.Context, p Principal, id string, version int64) error {
	return e.write(ctx, needClass(p, id), func(ctx context.Context, b *batch) error {
		a, err := authorize(ctx, b, p, id, ManageClass)
		if err != nil {
			return err
		}
		if version != AnyVersion && version != a.class.Version {
			current, err := a.see(ctx, b)
			if err != nil {
				return err
			}
			return &VersionError{current}
		}
		if err := b.deleteClass(ctx, id); err != nil {
			return err
		}
		if err := b.dropJobs(ctx, id, ""); err != nil {
			return err
		}
		return b.append(events.ClassDeleted, id, p, struct {
			ID string `json:"id"`
		}{id})
	})
}

// Class implements [Store].
func (e *Engine) Class(ctx context.Context, p Principal, id string) (class Class, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		a, err := authorize(ctx, r, p, id, ReadClass)
		if err == nil {
			class, err = a.see(ctx, r)
		}
		return err
	})
	return class, err
}

// Classes implements [Store].
func (e *Engine) Classes(ctx context.Context, p Principal, page Page) (list List[Class], err error) {
	after, err := page.key()
	if err != nil {
		return list, err
	}
	err = e.driver.View(ctx, func(r Reader) error {
		classes, err := r.Classes(ctx, p.User, after, page.Limit+1)
		if err != nil {
			return err
		}
		list = newList(classes, page.Limit, func(c *Class) string { return c.ID })
		list.At, err = allCursor(ctx, r, p.User)
		return err
	})
	return list, err
}

// needClass is what a call about a class looks at.
func needClass(p Principal, class string) Needs {
	return Needs{
		Channels: []events.Channel{events.ClassChannel(class)},
		Classes:  []string{class},
		Members:  []MemberKey{{class, p.User}},
	}
}
