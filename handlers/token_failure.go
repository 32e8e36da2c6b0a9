package handlers

import (
	"context"
	"errors"

	"github.com/lestrrat-go/jwx/v2/jwt"
	"github.com/prometheus/client_golang/prometheus"
)

// Why a token is refused, in the metrics.
const (
	tooLong      = "too_long"
	malformed    = "malformed"
	badAlgorithm = "algorithm"
	unknownKey   = "unknown_key"
	badSignature = "signature"
	expired      = "expired"
	notYetValid  = "not_yet_valid"
	badAudience  = "audience"
	badIssuer    = "issuer"
	badClaims    = "claims"
	noKeys       = "no_keys" // refused for now
)

// notOurs is what is said of a token that may be a forger's: nothing that helps him on.
const notOurs = "The token is not one of ours, is not valid yet, or lacks a claim: sub and exp are required."

// tokenError is why a token is refused: for its bearer, and for the metrics.
type tokenError struct {
	reason string
	answer *Problem
}

func (e *tokenError) Error() string { return e.answer.Error() }
func (e *tokenError) Unwrap() error { return e.answer }

func refuse(reason, detail string) error {
	return &tokenError{reason, unauthorized("token_invalid", detail)}
}

// refuseClaims is for a token that is signed by us and no good all the same.
func refuseClaims(err error) error {
	if errors.Is(err, jwt.ErrTokenExpired()) {
		return &tokenError{expired, unauthorized("token_expired", "The token has expired. Get a new one.")}
	}
	reason := badClaims
	switch {
	case errors.Is(err, jwt.ErrTokenNotYetValid()), errors.Is(err, jwt.ErrInvalidIssuedAt()):
		reason = notYetValid
	case errors.Is(err, jwt.ErrInvalidAudience()):
		reason = badAudience
	case errors.Is(err, jwt.ErrInvalidIssuer()):
		reason = badIssuer
	}
	return refuse(reason, notOurs)
}

func newTokenFailures() *prometheus.CounterVec {
	failures := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "homeroom_token_failures_total", Help: "Tokens that were refused, by reason.",
	}, []string{"reason"})
	for _, reason := range [...]string{tooLong, malformed, badAlgorithm, unknownKey, badSignature, expired, notYetValid, badAudience, badIssuer, badClaims, noKeys} {
		failures.WithLabelValues(reason)
	}
	return failures
}

// count counts why a token is refused. A caller who left before that was known isn't counted.
func (t *Tokens) count(err error) error {
	if e, ok := errors.AsType[*tokenError](err); ok {
		t.failures.WithLabelValues(e.reason).Inc()
	} else if !errors.Is(err, context.Canceled) {
		t.failures.WithLabelValues(noKeys).Inc()
	}
	return err
}
