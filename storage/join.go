package storage

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"strings"

	"homeroom/events"
)

const (
	// codeAlphabet has no letters and digits that look alike: no 0 and O, no 1, I and L. 31 of them eight times make
	// 39 bits, which nobody guesses at the rate that attempts are limited to.
	codeAlphabet = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
	codeLen      = 8
)

// JoinCode lets users join a class by themselves. It is shown to those who manage the members, and never part of
// the class, an event or a log line.
type JoinCode struct {
	Class     string      `json:"-"`
	Code      string      `json:"code"` // as it is shown: ABCD-EFGH
	CreatedAt events.Time `json:"created_at"`
}

// JoinDraft is a wish to join a class.
type JoinDraft struct {
	Code    string  // as the user typed it
	Attempt Attempt `json:"-"`
}

// newCode draws a code.
func newCode() string {
	code := make([]byte, 0, codeLen+1)
	for random := make([]byte, 1); len(code) <= codeLen; {
		if len(code) == codeLen/2 {
			code = append(code, '-')
		}
		_, _ = rand.Read(random) // never fails
		if n := int(random[0]); n < 256/len(codeAlphabet)*len(codeAlphabet) {
			code = append(code, codeAlphabet[n%len(codeAlphabet)])
		}
	}
	return string(code)
}

// matches reports whether a user who typed a text means this code.
func (c *JoinCode) matches(typed string) bool {
	bare := func(code string) []byte { return []byte(strings.ReplaceAll(code, "-", "")) }
	return subtle.ConstantTimeCompare(bare(strings.ToUpper(strings.TrimSpace(typed))), bare(c.Code)) == 1
}

// SetJoinCode implements [Store].
func (e *Engine) SetJoinCode(ctx context.Context, p Principal, class string) (JoinCode, error) {
	var code JoinCode
	err := e.write(ctx, needClass(p, class), func(ctx context.Context, b *batch) error {
		if _, err := authorize(ctx, b, p, class, ManageMembers); err != nil {
			return err
		}
		code = JoinCode{Class: class, Code: newCode(), CreatedAt: b.now}
		set := code
		b.rows.JoinCodes[class] = &set
		return b.tx.PutJoinCode(ctx, &set)
	})
	if err != nil {
		return JoinCode{}, err
	}
	return code, nil
}

// DropJoinCode implements [Store].
func (e *Engine) DropJoinCode(ctx context.Context, p Principal, class string) error {
	return e.write(ctx, needClass(p, class), func(ctx context.Context, b *batch) error {
		if _, err := authorize(ctx, b, p, class, ManageMembers); err != nil {
			return err
		}
		delete(b.rows.JoinCodes, class)
		return b.tx.DeleteJoinCode(ctx, class)
	})
}

// JoinCode implements [Store].
func (e *Engine) JoinCode(ctx context.Context, p Principal, class string) (code JoinCode, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		if _, err := authorize(ctx, r, p, class, ManageMembers); err != nil {
			return err
		}
		found, err := r.JoinCode(ctx, class)
		if err != nil {
			return err
		}
		if found == nil {
			return ErrNotFound
		}
		code = *found
		return nil
	})
	return code, err
}

// JoinClass implements [Store]. Who doesn't have the code learns nothing: neither whether the class exists, nor whether
// it can be joined.
func (e *Engine) JoinClass(ctx context.Context, p Principal, class string, draft JoinDraft) (Member, bool, error) {
	key := MemberKey{class, p.User}
	needs := needMember(p, key)
	needs.Attempts = draft.Attempt.needs(p)
	needs.JoinCodes = []string{class}
	needs.Mutes = []MemberKey{key}
	var m Member
	var joined bool
	err := e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		info, code := b.rows.Classes[class], b.rows.JoinCodes[class]
		if info == nil || code == nil || !code.matches(draft.Code) {
			return ErrWrongCode
		}
		if err := b.begin(p, draft.Attempt); err != nil {
			return err
		}
		old := b.rows.Members[key]
		if joined = old == nil; !joined {
			m = *old
			return nil
		}
		if info.ArchivedAt != 0 {
			return ErrClassArchived
		}
		m = Member{Class: class, User: p.User, Name: displayName(p.User, p.Name), Role: Student, Version: 1, JoinedAt: b.now, UpdatedAt: b.now}
		if err := b.takeMute(ctx, &m); err != nil {
			return err
		}
		added := m
		if err := b.putMember(ctx, &added, events.MemberJoined, p); err != nil {
			return err
		}
		return b.keep(ctx, p, draft.Attempt, m.User, m.Version, &added)
	})
	if err != nil {
		return Member{}, false, err
	}
	return m, joined, nil
}
