package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/go-chi/jwtauth/v5"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"homeroom/storage"
)

// MinSecret is the shortest secret, in bytes: as long as the hash of HS256 (RFC 7518, 3.2).
const MinSecret = 32

// clockSkew is by how much the clocks of a token's maker and ours may differ.
const clockSkew = 5 * time.Second

// ErrShortSecret is for a secret below MinSecret.
var ErrShortSecret = fmt.Errorf("the JWT secret must have at least %d bytes", MinSecret)

// TokenConfig says which tokens are good.
type TokenConfig struct {
	Secret   []byte
	Audience string // required aud; "" for any
	Issuer   string // required iss; "" for any
}

// Tokens verifies and makes JWTs, signed with HS256 and a shared secret. The algorithm is ours to choose and never the
// token's.
type Tokens struct {
	cfg   TokenConfig
	auth  *jwtauth.JWTAuth
	known *tokenCache
}

// NewTokens makes a verifier.
func NewTokens(cfg TokenConfig) (*Tokens, error) {
	if len(cfg.Secret) < MinSecret {
		return nil, ErrShortSecret
	}
	options := []jwt.ValidateOption{
		jwt.WithRequiredClaim(jwt.ExpirationKey),
		jwt.WithRequiredClaim(jwt.SubjectKey),
		jwt.WithAcceptableSkew(clockSkew),
	}
	if cfg.Audience != "" {
		options = append(options, jwt.WithAudience(cfg.Audience))
	}
	if cfg.Issuer != "" {
		options = append(options, jwt.WithIssuer(cfg.Issuer))
	}
	return &Tokens{cfg: cfg, auth: jwtauth.New("HS256", cfg.Secret, nil, options...), known: newTokenCache()}, nil
}

// identity is who a token speaks for, and until when.
type identity struct {
	storage.Principal
	issued  time.Time // zero: unknown
	expires time.Time
	session string // "" for one who is let in by anything else than a session
}

// verify checks a token, or remembers that it did.
func (t *Tokens) verify(text string) (identity, error) {
	if id, ok := t.known.find(text); ok {
		return id, nil
	}
	id, err := t.check(text)
	if err == nil {
		t.known.keep(text, id)
	}
	return id, err
}

// check checks a token.
func (t *Tokens) check(text string) (identity, error) {
	token, err := jwtauth.VerifyToken(t.auth, text)
	if errors.Is(err, jwtauth.ErrExpired) {
		return identity{}, unauthorized("token_expired", "The token has expired. Get a new one.")
	}
	if err != nil {
		return identity{}, unauthorized("token_invalid", "The token is not one of ours, is not valid yet, or lacks a claim: sub and exp are required.")
	}
	id := identity{issued: token.IssuedAt(), expires: token.Expiration()}
	id.User = token.Subject()
	id.Role = storage.GlobalStudent
	nameIsText := true
	if role, ok := token.Get("role"); ok {
		text, _ := role.(string)
		id.Role = storage.GlobalRole(text)
	}
	if name, ok := token.Get("name"); ok {
		id.Name, nameIsText = name.(string)
	}
	switch {
	case !validUser(id.User):
		return identity{}, unauthorized("token_invalid", fmt.Sprintf("The token's sub must have 1 to %d characters and no spaces.", maxUser))
	case id.Role != storage.GlobalAdmin && id.Role != storage.GlobalTeacher && id.Role != storage.GlobalStudent:
		return identity{}, unauthorized("token_invalid", "The token's role must be admin, teacher or student.")
	case !nameIsText || utf8.RuneCountInString(id.Name) > maxName || hasControl(id.Name, ""):
		return identity{}, unauthorized("token_invalid", fmt.Sprintf("The token's name must be one line of at most %d characters.", maxName))
	}
	return id, nil
}

// Mint makes a token that lasts for a time. It refuses to make one that it would refuse to take.
func (t *Tokens) Mint(p storage.Principal, lasts time.Duration) (string, error) {
	now := time.Now()
	claims := map[string]any{
		jwt.SubjectKey:    p.User,
		"role":            string(p.Role),
		jwt.IssuedAtKey:   now.Unix(),
		jwt.ExpirationKey: now.Add(lasts).Unix(),
	}
	if p.Name != "" {
		claims["name"] = p.Name
	}
	if t.cfg.Audience != "" {
		claims[jwt.AudienceKey] = t.cfg.Audience
	}
	if t.cfg.Issuer != "" {
		claims[jwt.IssuerKey] = t.cfg.Issuer
	}
	_, text, err := t.auth.Encode(claims)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	if _, err := t.check(text); err != nil {
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
