package main

import (
	"fmt"
	"time"
)

// sessionFlags say how long what is made of a bearer token is good, and what is revoked stays so.
type sessionFlags struct {
	StreamTokenTTL    time.Duration `name:"stream-token-ttl" env:"HOMEROOM_STREAM_TOKEN_TTL" default:"5m" help:"How long a stream token opens streams; never longer than the token that it is made from."`
	RetainRevocations time.Duration `env:"HOMEROOM_RETAIN_REVOCATIONS" default:"720h" help:"How long what a user was issued stays refused after an admin ended it; must be longer than any token lives."`
}

func (f *sessionFlags) check() error {
	if f.StreamTokenTTL < time.Second {
		return fmt.Errorf("HOMEROOM_STREAM_TOKEN_TTL must be at least a second")
	}
	if f.RetainRevocations <= 0 {
		return fmt.Errorf("HOMEROOM_RETAIN_REVOCATIONS must be more than zero")
	}
	return nil
}
