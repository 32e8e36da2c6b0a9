package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"homeroom/handlers"
)

// tokenFlags say which tokens are good.
type tokenFlags struct {
	JWTSecret    string            `env:"HOMEROOM_JWT_SECRET" name:"jwt-secret" help:"Shared secret of HS256 tokens, at least 32 bytes. Without one, and without HOMEROOM_JWKS: development mode."`
	JWKS         string            `env:"HOMEROOM_JWKS" name:"jwks" help:"Keys of RS256, ES256 and EdDSA tokens: the URL (https) or file of a JWK set."`
	JWTAudience  string            `env:"HOMEROOM_JWT_AUDIENCE" name:"jwt-audience" help:"Audience (aud) that tokens must have."`
	JWTIssuer    string            `env:"HOMEROOM_JWT_ISSUER" name:"jwt-issuer" help:"Issuer (iss) that tokens must have."`
	JWTSkew      time.Duration     `env:"HOMEROOM_JWT_SKEW" name:"jwt-skew" default:"5s" help:"How much the clock of the tokens' issuer may differ, at most 5m."`
	JWTRoleClaim string            `env:"HOMEROOM_JWT_ROLE_CLAIM" name:"jwt-role-claim" default:"role" help:"Claim with the user's role or roles; a path has dots: realm_access.roles."`
	JWTRoleMap   map[string]string `env:"HOMEROOM_JWT_ROLE_MAP" name:"jwt-role-map" mapsep:"," placeholder:"NAME=ROLE,..." help:"What the claim says for which role: staff=teacher,it=admin. Without one: admin, teacher and student."`
}

// secretFile holds the generated secret of development mode, in the data folder.
const secretFile = "jwt-secret"

// errNoSecret is for tokens to be made where only the identity provider can.
var errNoSecret = errors.New("HOMEROOM_JWT_SECRET: tokens are signed with the secret, and there is none; the keys of HOMEROOM_JWKS only verify them")

// development reports whether this is development mode.
func (f *tokenFlags) development() bool { return f.JWTSecret == "" && f.JWKS == "" }

// signer makes what makes tokens.
func (f *tokenFlags) signer(data string) (*handlers.Tokens, error) {
	if f.JWTSecret == "" && f.JWKS != "" {
		return nil, errNoSecret
	}
	return f.tokens(&databaseFlags{Data: data}, nil)
}

// tokens makes the verifier. In development mode the secret is kept in a file.
func (f *tokenFlags) tokens(database *databaseFlags, keys *handlers.KeySet) (*handlers.Tokens, error) {
	secret := []byte(f.JWTSecret)
	if f.development() {
		if err := database.makeFolder(); err != nil {
			return nil, err
		}
		var err error
		if secret, err = keptSecret(filepath.Join(database.Data, secretFile)); err != nil {
			return nil, err
		}
	}
	tokens, err := handlers.NewTokens(handlers.TokenConfig{
		Secret: secret, Keys: keys, Audience: f.JWTAudience, Issuer: f.JWTIssuer, Skew: f.JWTSkew,
		Roles: handlers.RoleConfig{Claim: f.JWTRoleClaim, Map: f.JWTRoleMap},
	})
	switch {
	case errors.Is(err, handlers.ErrShortSecret):
		return nil, fmt.Errorf("HOMEROOM_JWT_SECRET: %w; make one with: openssl rand -base64 32", err)
	case errors.Is(err, handlers.ErrSkew):
		return nil, fmt.Errorf("HOMEROOM_JWT_SKEW: %w", err)
	case errors.Is(err, handlers.ErrRoleClaim):
		return nil, fmt.Errorf("HOMEROOM_JWT_ROLE_CLAIM: %w", err)
	case errors.Is(err, handlers.ErrRoleMap):
		return nil, fmt.Errorf("HOMEROOM_JWT_ROLE_MAP: %w", err)
	}
	return tokens, err
}

// keptSecret reads the generated secret, making it at first.
func keptSecret(path string) ([]byte, error) {
	secret, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	secret = []byte(rand.Text() + rand.Text()) // 26 letters of base32 each: 260 bits
	if err := os.WriteFile(path, secret, 0o600); err != nil {
		return nil, err
	}
	return secret, nil
}
