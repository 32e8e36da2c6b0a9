package storage

import "context"

// lookup finds what authorisation needs. A missing row is nil without an error.
type lookup interface {
	Class(ctx context.Context, class string) (*ClassInfo, error)
	Member(ctx context.Context, class, user string) (*Member, error)
}

// access is what a caller may do in a class.
type access struct {
	user   string
	class  *ClassInfo
	member *Member // nil for an admin who is no member
	admin  bool
}

// authorize finds a class for a caller who may do an action there now, with what is their own. A class that the caller
// may not read is [ErrNotFound], as if it didn't exist; an action beyond the caller's role is [ErrForbidden], and one
// that a condition forbids has its error.
func authorize(ctx context.Context, l lookup, p Principal, class string, action Action) (*access, error) {
	a, err := admit(ctx, l, p, class, action)
	if err == nil {
		err = a.barred(action)
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// admit is authorize without the conditions. A write that can be repeated looks at them after [batch.begin]: what was
// done before the class was locked has been done, and who asks again is told so.
func admit(ctx context.Context, l lookup, p Principal, class string, action Action) (*access, error) {
	info, err := l.Class(ctx, class)
	if err != nil {
		return nil, err
	}
	member, err := l.Member(ctx, class, p.User)
	if err != nil {
		return nil, err
	}
	if info == nil || member == nil && !p.Admin() {
		return nil, ErrNotFound
	}
	a := &access{user: p.User, class: info, member: member, admin: p.Admin()}
	if !a.allowed(action, p.User) {
		return nil, ErrForbidden
	}
	return a, nil
}

// may is authorize for one whom it has admitted, and for what is somebody's.
func (a *access) may(action Action, owner string) error {
	if !a.allowed(action, owner) {
		return ErrForbidden
	}
	return a.barred(action)
}

// allowed reports whether the caller's roles allow an action with what is somebody's.
func (a *access) allowed(action Action, owner string) bool {
	for i := range permissions {
		if p := &permissions[i]; p.action == action {
			reach := a.widest(p.admin, p.teacher, p.assistant, p.student)
			return reach == yes || reach == own && owner == a.user
		}
	}
	return false
}

// barred is the error of the condition that forbids an action at present, if one does. Pauses and slow mode are not among
// them: see [batch.unpaused] and [batch.unhurried].
func (a *access) barred(action Action) error {
	for i := range permissions {
		if p := &permissions[i]; p.action == action {
			for _, c := range p.unless {
				if err := a.under(c); err != nil && !a.exempt(c) {
					return err
				}
			}
		}
	}
	return nil
}

// under is the error of a condition that is met.
func (a *access) under(c condition) error {
	switch {
	case c == archived && a.class.ArchivedAt != 0:
		return ErrClassArchived
	case c == locked && a.class.Locked:
		return ErrClassLocked
	case c == muted && a.member != nil && a.member.MutedUntil != 0:
		return &MutedError{a.member.MutedUntil}
	}
	return nil
}

// exempt reports whether a condition doesn't bind the caller.
func (a *access) exempt(c condition) bool {
	for i := range exemptions {
		if e := &exemptions[i]; e.condition == c {
			return a.widest(e.admin, e.teacher, e.assistant, e.student) == yes
		}
	}
	return false
}

// widest is the widest of those scopes that apply to the caller.
func (a *access) widest(admin, teacher, assistant, student scope) scope {
	reach := no
	if a.member != nil {
		switch a.member.Role {
		case Teacher:
			reach = teacher
		case Assistant:
			reach = assistant
		case Student:
			reach = student
		}
	}
	if a.admin && (admin == yes || reach == no) {
		reach = admin
	}
	return reach
}

// role is the caller's role in the class, or nil.
func (a *access) role() *Role {
	if a.member == nil {
		return nil
	}
	return &a.member.Role
}

// May is [ErrForbidden] for an action outside of classes that the caller's global role doesn't allow.
func (p Principal) May(action Action) error {
	for _, g := range globalPermissions {
		if g.action == action && (map[GlobalRole]scope{GlobalAdmin: g.admin, GlobalTeacher: g.teacher, GlobalStudent: g.student})[p.Role] == yes {
			return nil
		}
	}
	return ErrForbidden
}
