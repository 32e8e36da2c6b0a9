package storage

import (
	"context"
	"slices"
)

// Action is something that a role in a class may allow.
type Action string

// The actions in a class.
const (
	ReadClass     Action = "read the class"
	ManageClass   Action = "change or delete the class"
	ManageMembers Action = "add, change and remove members"
	Post          Action = "post messages, and edit one's own"
	Moderate      Action = "delete others' messages"
	ReadHistory   Action = "read what others' messages said before they were edited"

	ReadAttendance Action = "see who was present, and when"
)

// permissions says which class roles may do what. A global admin may do all of it without being a member. On one's
// own messages and membership one may do more; that is written where it happens.
var permissions = map[Action][]Role{
	ReadClass:     {Teacher, Assistant, Student},
	ManageClass:   {Teacher},
	ManageMembers: {Teacher},
	Post:          {Teacher, Assistant, Student},
	Moderate:      {Teacher, Assistant},
	ReadHistory:   {Teacher},

	ReadAttendance: {Teacher},
}

// lookup finds what authorisation needs. A missing row is nil without an error.
type lookup interface {
	Class(ctx context.Context, class string) (*ClassInfo, error)
	Member(ctx context.Context, class, user string) (*Member, error)
}

// access is what a caller may do in a class.
type access struct {
	class  *ClassInfo
	member *Member // nil for an admin who is no member
	admin  bool
}

// can reports whether the caller may do an action.
func (a *access) can(action Action) bool {
	return a.admin || slices.Contains(permissions[action], a.member.Role)
}

// role is the caller's role in the class, or nil.
func (a *access) role() *Role {
	if a.member == nil {
		return nil
	}
	return &a.member.Role
}

// authorize finds a class for a caller who may do an action there. A class that the caller may not read is
// [ErrNotFound], as if it didn't exist; an action beyond the caller's role is [ErrForbidden].
func authorize(ctx context.Context, l lookup, p Principal, class string, action Action) (*access, error) {
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
	a := &access{class: info, member: member, admin: p.Admin()}
	if !a.can(action) {
		return nil, ErrForbidden
	}
	return a, nil
}
