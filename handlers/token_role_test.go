package handlers

import (
	"errors"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwt"

	"homeroom/storage"
)

func TestRoles(t *testing.T) {
	mapped := map[string]string{"staff": "teacher", "it": "admin", "pupil": "student"}
	tests := map[string]struct {
		cfg   RoleConfig
		claim string
		value any
		want  storage.GlobalRole // "" for none: the token is refused
	}{
		"the role's own name":          {RoleConfig{}, "role", "teacher", storage.GlobalTeacher},
		"admin":                        {RoleConfig{}, "role", "admin", storage.GlobalAdmin},
		"other letters":                {RoleConfig{}, "role", "Admin", ""},
		"a space":                      {RoleConfig{}, "role", "admin ", ""},
		"an empty name":                {RoleConfig{}, "role", "", ""},
		"null":                         {RoleConfig{}, "role", nil, ""},
		"a number":                     {RoleConfig{}, "role", 1.0, ""},
		"an object":                    {RoleConfig{}, "role", map[string]any{"admin": true}, ""},
		"no claim":                     {RoleConfig{}, "other", "admin", storage.GlobalStudent},
		"a list":                       {RoleConfig{}, "role", []any{"x", "teacher", "student"}, storage.GlobalTeacher},
		"a list with admin":            {RoleConfig{}, "role", []any{"teacher", "admin", "student"}, storage.GlobalAdmin},
		"an empty list":                {RoleConfig{}, "role", []any{}, storage.GlobalStudent},
		"a list of other things":       {RoleConfig{}, "role", []any{1.0, nil, []any{"admin"}, map[string]any{"role": "admin"}}, storage.GlobalStudent},
		"another claim":                {RoleConfig{Claim: "groups"}, "groups", []any{"teacher"}, storage.GlobalTeacher},
		"the usual claim, not asked":   {RoleConfig{Claim: "groups"}, "role", "admin", storage.GlobalStudent},
		"a path":                       {RoleConfig{Claim: "realm_access.roles"}, "realm_access", map[string]any{"roles": []any{"teacher"}}, storage.GlobalTeacher},
		"a long path":                  {RoleConfig{Claim: "a.b.c"}, "a", map[string]any{"b": map[string]any{"c": "teacher"}}, storage.GlobalTeacher},
		"a path that ends early":       {RoleConfig{Claim: "a.b.c"}, "a", map[string]any{"b": "admin"}, storage.GlobalStudent},
		"a path through a list":        {RoleConfig{Claim: "a.b"}, "a", []any{map[string]any{"b": "admin"}}, storage.GlobalStudent},
		"a path to nothing":            {RoleConfig{Claim: "a.b"}, "a", map[string]any{}, storage.GlobalStudent},
		"a path to an object":          {RoleConfig{Claim: "a.b"}, "a", map[string]any{"b": map[string]any{}}, ""},
		"a claim with dots in itself":  {RoleConfig{Claim: "https://school.example/roles"}, "https://school.example/roles", []any{"teacher"}, storage.GlobalTeacher},
		"mapped":                       {RoleConfig{Map: mapped}, "role", "staff", storage.GlobalTeacher},
		"mapped, the widest":           {RoleConfig{Map: mapped}, "role", []any{"pupil", "it", "staff"}, storage.GlobalAdmin},
		"its own name, beside the map": {RoleConfig{Map: mapped}, "role", "admin", ""},
		"its own names in a list":      {RoleConfig{Map: mapped}, "role", []any{"admin", "teacher"}, storage.GlobalStudent},
	}
	for what, tt := range tests {
		t.Run(what, func(t *testing.T) {
			r, err := newRoles(tt.cfg)
			if err != nil {
				t.Fatal(err)
			}
			token := jwt.New()
			if err := token.Set(tt.claim, tt.value); err != nil {
				t.Fatal(err)
			}
			role, known := r.of(token)
			if known != (tt.want != "") || role != tt.want {
				t.Errorf("role %q, %t; want %q", role, known, tt.want)
			}
		})
	}
}

func TestRolesRefused(t *testing.T) {
	for what, tt := range map[string]struct {
		cfg  RoleConfig
		want error
	}{
		"the subject":     {RoleConfig{Claim: "sub"}, ErrRoleClaim},
		"the name":        {RoleConfig{Claim: "name"}, ErrRoleClaim},
		"no such role":    {RoleConfig{Map: map[string]string{"staff": "queen"}}, ErrRoleMap},
		"no role":         {RoleConfig{Map: map[string]string{"staff": ""}}, ErrRoleMap},
		"a nameless role": {RoleConfig{Map: map[string]string{"": "admin"}}, ErrRoleMap},
	} {
		if _, err := newRoles(tt.cfg); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
