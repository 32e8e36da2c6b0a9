package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"homeroom/handlers"
)

// tokenFlags say which tokens are good.
type tokenFlags struct {
	JWTSecret   string `env:"HOMEROOM_JWT_SECRET" name:"jwt-secret" help:"Shared secret of HS256 tokens, at least 32 bytes. Without one: development mode."`
	JWTAudience string `env:"HOMEROOM_JWT_AUDIENCE" name:"jwt-audience" help:"Audience (aud) that tokens must have."`
	JWTIssuer   string `env:"HOMEROOM_JWT_ISSUER" name:"jwt-issuer" help:"Issuer (iss) that tokens must have."`
}

// secretFile holds the generated secret of development mode, in the data folder.
const secretFile = "jwt-secret"

// tokens makes the verifier. Without a configured secret it is development mode, and the secret is kept in a file.
func (f *tokenFlags) tokens(database *databaseFlags) (*handlers.Tokens, error) {
	secret := []byte(f.JWTSecret)
	if len(secret) == 0 {
		if err := database.makeFolder(); err != nil {
			return nil, err
		}
		var err error
		if secret, err = keptSecret(filepath.Join(database.Data, secretFile)); err != nil {
			return nil, err
		}
	}
	tokens, err := handlers.NewTokens(handlers.TokenConfig{Secret: secret, Audience: f.JWTAudience, Issuer: f.JWTIssuer})
	if err != nil {
		return nil, fmt.Errorf("HOMEROOM_JWT_SECRET: %w; make one with: openssl rand -base64 32", err)
	}
	return tokens, nil
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
