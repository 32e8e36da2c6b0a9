package handlers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwt"

	"homeroom/storage"
)

// DefaultRoleClaim is the claim that names a user's role.
const DefaultRoleClaim = "role"

var (
	// ErrRoleClaim is for a claim that can't name roles, since it has another meaning.
	ErrRoleClaim = errors.New("the role claim must have no other meaning")
	// ErrRoleMap is for a map to something that is no role.
	ErrRoleMap = errors.New("the role map must map names to admin, teacher or student")
)

// globalRoles are the roles that a token can give, from the least to the widest.
var globalRoles = [...]storage.GlobalRole{storage.GlobalStudent, storage.GlobalTeacher, storage.GlobalAdmin}

// RoleConfig says how a token names its user's role.
type RoleConfig struct {
	Claim string            // a claim, or a path of names with dots between; default DefaultRoleClaim
	Map   map[string]string // from what the claim says to a role; empty: the roles' own names
}

// roles reads the role that a token gives. Only what is listed gives one, to the letter: with a map the roles' own names
// mean nothing, so that nobody is admin since an identity provider has an "admin" of its own.
type roles struct {
	claim string
	names map[string]storage.GlobalRole
}

func newRoles(cfg RoleConfig) (roles, error) {
	r := roles{claim: cfg.Claim, names: map[string]storage.GlobalRole{}}
	if r.claim == "" {
		r.claim = DefaultRoleClaim
	}
	switch r.claim {
	case jwt.SubjectKey, jwt.ExpirationKey, jwt.NotBeforeKey, jwt.IssuedAtKey, jwt.IssuerKey, jwt.AudienceKey, jwt.JwtIDKey, nameClaim:
		return roles{}, ErrRoleClaim
	}
	for name, role := range cfg.Map {
		if name == "" || !slices.Contains(globalRoles[:], storage.GlobalRole(role)) {
			return roles{}, ErrRoleMap
		}
		r.names[name] = storage.GlobalRole(role)
	}
	if len(cfg.Map) == 0 {
		for _, role := range globalRoles {
			r.names[string(role)] = role
		}
	}
	return r, nil
}

// of is the role that a token gives, or false if it names one that isn't known. A list gives the widest that is known,
// and a token that names none is a student's: providers list roles of all kinds, but name one only if it is meant.
func (r roles) of(token jwt.Token) (storage.GlobalRole, bool) {
	value, ok := r.value(token)
	if !ok {
		return storage.GlobalStudent, true
	}
	switch value := value.(type) {
	case string:
		role, known := r.names[value]
		return role, known
	case []any:
		return r.widest(value), true
	}
	return "", false
}

// widest is the widest role of a list.
func (r roles) widest(list []any) storage.GlobalRole {
	widest := 0
	for _, item := range list {
		name, _ := item.(string)
		widest = max(widest, slices.Index(globalRoles[:], r.names[name]))
	}
	return globalRoles[widest]
}

// value is what a token says under the claim. A claim with the whole name comes before the path: some providers have
// URLs as names.
func (r roles) value(token jwt.Token) (any, bool) {
	if value, ok := token.Get(r.claim); ok {
		return value, true
	}
	first, rest, nested := strings.Cut(r.claim, ".")
	value, ok := token.Get(first)
	for ok && nested {
		var object map[string]any
		if object, ok = value.(map[string]any); !ok {
			break
		}
		first, rest, nested = strings.Cut(rest, ".")
		value, ok = object[first]
	}
	return value, ok
}

// put names a role in the claims of a token, so that of reads it.
func (r roles) put(claims map[string]any, role storage.GlobalRole) error {
	for _, name := range slices.Sorted(maps.Keys(r.names)) {
		if r.names[name] == role {
			claims[r.claim] = name
			return nil
		}
	}
	if role == storage.GlobalStudent {
		return nil
	}
	return fmt.Errorf("no name is mapped to the role %q", role)
}
