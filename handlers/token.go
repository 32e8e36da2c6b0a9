package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/jwtauth/v5"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"github.com/prometheus/client_golang/prometheus"

	"homeroom/storage"
)

const (
	// MinSecret is the shortest secret, in bytes: as long as the hash of HS256 (RFC 7518, 3.2).
	MinSecret = 32
	// MaxSkew is the most that the clocks of a token's maker and ours may be said to differ: a token is good for so long
	// after it has expired.
	MaxSkew = 5 * time.Minute
	// maxTokenLength is the longest token, in bytes. It is looked at no further than that.
	maxTokenLength = 8 << 10
)

var (
	// ErrShortSecret is for a secret below MinSecret, or none where there are no keys either.
	ErrShortSecret = fmt.Errorf("the JWT secret must have at least %d bytes", MinSecret)
	// ErrSkew is for a skew that is negative, or above MaxSkew.
	ErrSkew = fmt.Errorf("the skew must be from 0s to %s", MaxSkew)
	// ErrNoSecret is for a token to be made where there is no secret to sign it with.
	ErrNoSecret = errors.New("it takes the JWT secret to sign a token")
)

// TokenConfig says which tokens are good. It has a secret or keys, or both.
type TokenConfig struct {
	Secret   []byte  // of HS256
	Keys     *KeySet // of everything else
	Audience string  // required aud; "" for any
	Issuer   string  // required iss; "" for any
	Skew     time.Duration
	Roles    RoleConfig
}

// Tokens verifies JWTs, and makes them where there is a secret. Each key verifies one algorithm, which is ours to choose
// and never the token's: HS256 is the secret's, and the secret is nothing else's.
type Tokens struct {
	cfg      TokenConfig
	secret   *signingKey // nil: there is none
	keys     *KeySet     // nil: there is none
	roles    roles
	valid    []jwt.ValidateOption
	known    *tokenCache
	failures *prometheus.CounterVec
}

// NewTokens makes a verifier.
func NewTokens(cfg TokenConfig) (*Tokens, error) {
	roles, err := newRoles(cfg.Roles)
	if err != nil {
		return nil, err
	}
	if cfg.Skew < 0 || cfg.Skew > MaxSkew {
		return nil, ErrSkew
	}
	t := &Tokens{cfg: cfg, keys: cfg.Keys, roles: roles, known: newTokenCache(cfg.Skew), failures: newTokenFailures()}
	if cfg.Keys == nil || len(cfg.Secret) > 0 {
		if len(cfg.Secret) < MinSecret {
			return nil, ErrShortSecret
		}
		t.secret = &signingKey{algorithm: hs256, auth: jwtauth.New(hs256, cfg.Secret, nil)}
	}
	t.valid = []jwt.ValidateOption{
		jwt.WithRequiredClaim(jwt.ExpirationKey),
		jwt.WithRequiredClaim(jwt.SubjectKey),
		jwt.WithAcceptableSkew(cfg.Skew),
	}
	if cfg.Audience != "" {
		t.valid = append(t.valid, jwt.WithAudience(cfg.Audience))
	}
	if cfg.Issuer != "" {
		t.valid = append(t.valid, jwt.WithIssuer(cfg.Issuer))
	}
	return t, nil
}

// Start begins to fetch the keys, if there are any to fetch. Until Close, which must follow, they are kept up to date.
func (t *Tokens) Start() {
	if t.keys != nil {
		t.keys.start()
	}
}

// Close ends what Start began, and waits for it.
func (t *Tokens) Close() {
	if t.keys != nil {
		t.keys.close()
	}
}

// register exports what is counted of tokens.
func (t *Tokens) register(registry *prometheus.Registry) {
	registry.MustRegister(t.known.result, t.failures)
	if t.keys != nil {
		registry.MustRegister(t.keys.fetches, t.keys.age)
	}
}

// ready is errNoKeys while there should be keys and none were ever fetched.
func (t *Tokens) ready() error {
	if t.keys != nil && !t.keys.everFetched() {
		return errNoKeys
	}
	return nil
}

// identity is who a token speaks for, and from when until when.
type identity struct {
	storage.Principal
	issued  time.Time // zero: the token doesn't say
	expires time.Time
	session string // "" for one who is let in by anything else than a session
}

// verify checks a token, or remembers that it did. What it refuses it doesn't remember: that may be good later.
func (t *Tokens) verify(ctx context.Context, text string) (identity, error) {
	if len(text) > maxTokenLength {
		return identity{}, t.count(refuse(tooLong, fmt.Sprintf("The token has more than %d bytes.", maxTokenLength)))
	}
	if id, ok := t.known.find(text); ok {
		return id, nil
	}
	id, key, err := t.check(ctx, text)
	if err != nil {
		return identity{}, t.count(err)
	}
	t.known.keep(text, id, key)
	return id, nil
}

// check checks a token, and says which key it is signed with.
func (t *Tokens) check(ctx context.Context, text string) (identity, *signingKey, error) {
	header, ok := readTokenHeader(text)
	if !ok {
		return identity{}, nil, refuse(malformed, notOurs)
	}
	key, err := t.keyOf(ctx, header)
	if err != nil {
		return identity{}, nil, err
	}
	// Decode and Validate are what jwtauth.VerifyToken does, which hides the reason of most failures.
	token, err := key.auth.Decode(text)
	if err != nil {
		return identity{}, nil, refuse(badSignature, notOurs)
	}
	if err := jwt.Validate(token, t.valid...); err != nil {
		return identity{}, nil, refuseClaims(err)
	}
	id, err := t.identify(token)
	return id, key, err
}

// keyOf is the key that a token must be signed with. The secret and the keys of the set are apart from the start, so
// that neither can be taken for the other: a public key as the secret of an HMAC, say.
func (t *Tokens) keyOf(ctx context.Context, header tokenHeader) (*signingKey, error) {
	switch header.Algorithm {
	case hs256:
		if t.secret != nil {
			return t.secret, nil
		}
	case rs256, es256, edDSA:
		if t.keys != nil {
			return t.keys.find(ctx, header.Algorithm, header.KeyID)
		}
	}
	return nil, refuse(badAlgorithm, notOurs)
}

// Mint makes a token that lasts for a time. It refuses to make one that it would refuse to take.
func (t *Tokens) Mint(p storage.Principal, lasts time.Duration) (string, error) {
	if t.secret == nil {
		return "", ErrNoSecret
	}
	now := time.Now()
	claims := map[string]any{
		jwt.SubjectKey:    p.User,
		jwt.IssuedAtKey:   now.Unix(),
		jwt.ExpirationKey: now.Add(lasts).Unix(),
	}
	if err := t.roles.put(claims, p.Role); err != nil {
		return "", err
	}
	if p.Name != "" {
		claims[nameClaim] = p.Name
	}
	if t.cfg.Audience != "" {
		claims[jwt.AudienceKey] = t.cfg.Audience
	}
	if t.cfg.Issuer != "" {
		claims[jwt.IssuerKey] = t.cfg.Issuer
	}
	_, text, err := t.secret.auth.Encode(claims)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	if _, _, err := t.check(context.Background(), text); err != nil {
		return "", err
	}
	return text, nil
}

// unauthorized is the answer to a token that is missing or no good (RFC 6750, 3).
func unauthorized(code, detail string) *Problem {
	challenge := `Bearer realm="homeroom"`
	if code != "token_missing" {
		challenge += `, error="invalid_token"`
	}
	return newProblem(http.StatusUnauthorized, code, detail).with("WWW-Authenticate", challenge)
}
