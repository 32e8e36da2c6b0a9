package main

import (
	"fmt"
	"log/slog"
	"time"

	"homeroom/handlers"
)

// maxKeyRefresh is the longest time between fetches of the key set: a key that its issuer has withdrawn is taken for so long.
const maxKeyRefresh = 24 * time.Hour

// keySetFlags say how often the key set of tokenFlags is fetched.
type keySetFlags struct {
	JWKSRefresh  time.Duration `env:"HOMEROOM_JWKS_REFRESH" name:"jwks-refresh" default:"15m" help:"Time after which the key set is fetched again, at most 24h."`
	JWKSCooldown time.Duration `env:"HOMEROOM_JWKS_COOLDOWN" name:"jwks-cooldown" default:"10s" help:"Least time between two fetches that tokens with unknown keys cause."`
}

// check refuses settings that can't work.
func (f *keySetFlags) check() error {
	if f.JWKSRefresh <= 0 || f.JWKSRefresh > maxKeyRefresh {
		return fmt.Errorf("HOMEROOM_JWKS_REFRESH must be more than zero, and at most %s", maxKeyRefresh)
	}
	if f.JWKSCooldown <= 0 || f.JWKSCooldown > f.JWKSRefresh {
		return fmt.Errorf("HOMEROOM_JWKS_COOLDOWN must be more than zero, and at most HOMEROOM_JWKS_REFRESH")
	}
	return nil
}

// keySet makes the key set, if there is to be one.
func (c *serveCommand) keySet(log *slog.Logger) (*handlers.KeySet, error) {
	if c.JWKS == "" {
		return nil, nil
	}
	keys, err := handlers.NewKeySet(handlers.KeySetConfig{
		Source: c.JWKS, Refresh: c.JWKSRefresh, Cooldown: c.JWKSCooldown, Logger: log,
	})
	if err != nil {
		return nil, fmt.Errorf("HOMEROOM_JWKS: %w", err)
	}
	return keys, nil
}

// startTokens begins to fetch the key set. An identity provider signs tokens for other services with the same keys.
func (c *serveCommand) startTokens(log *slog.Logger, tokens *handlers.Tokens) {
	if c.JWKS != "" && c.JWTAudience == "" {
		log.Warn("tokens for any audience are taken; set HOMEROOM_JWT_AUDIENCE")
	}
	tokens.Start()
}
