package handlers

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"homeroom/storage"
)

// passKind is what a pass is good for: its type (RFC 7515, 4.1.9; explicit typing as in RFC 8725, 3.11).
type passKind string

// The kinds of passes. None is ever taken for another, or for a bearer token.
const (
	sessionPass passKind = passTypes + "session+jwt"
	streamPass  passKind = passTypes + "stream+jwt"
)

const passTypes = "homeroom-"

// passes makes and verifies the tokens that the service gives out itself, signed with a key that nobody else has.
type passes struct{ key []byte }

// pass is what a token of ours says. What it speaks for never outlives the bearer token that it was made from.
type pass struct {
	Session string             `json:"jti,omitempty"`
	User    string             `json:"sub"`
	Name    string             `json:"name,omitempty"`
	Role    storage.GlobalRole `json:"role"`
	Class   string             `json:"class,omitempty"`  // of a stream token: the only one that it opens
	Issued  int64              `json:"iat,omitempty"`    // of the bearer token, so that what is revoked of a user is revoked with it
	Expires int64              `json:"exp"`              // until when it lets anybody in
	Parent  int64              `json:"parent,omitempty"` // of a stream token: when the bearer token expires, and with it the stream
}

// newPass is a pass for a caller, until a moment.
func newPass(id identity, expires time.Time) pass {
	p := pass{User: id.User, Name: id.Name, Role: id.Role, Expires: expires.Unix()}
	if !id.issued.IsZero() {
		p.Issued = id.issued.Unix()
	}
	return p
}

// identity is whom a pass lets in, until a moment.
func (p pass) identity(expires int64) identity {
	id := identity{
		Principal: storage.Principal{User: p.User, Name: p.Name, Role: p.Role},
		session:   p.Session,
		expires:   time.Unix(expires, 0),
	}
	if p.Issued != 0 {
		id.issued = time.Unix(p.Issued, 0)
	}
	return id
}

// sign makes a token.
func (s passes) sign(kind passKind, p pass) (string, error) {
	claims, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode pass: %w", err)
	}
	header := jws.NewHeaders()
	if err := header.Set(jws.TypeKey, string(kind)); err != nil {
		return "", fmt.Errorf("sign pass: %w", err)
	}
	text, err := jws.Sign(claims, jws.WithKey(jwa.HS256, s.key, jws.WithProtectedHeaders(header)))
	if err != nil {
		return "", fmt.Errorf("sign pass: %w", err)
	}
	return string(text), nil
}

// open verifies a token of a kind.
func (s passes) open(kind passKind, text string) (pass, error) {
	var p pass
	var message jws.Message
	claims, err := jws.Verify([]byte(text), jws.WithKey(jwa.HS256, s.key), jws.WithCompact(), jws.WithMessage(&message))
	if err != nil || len(message.Signatures()) != 1 {
		return p, errPass
	}
	header := message.Signatures()[0].ProtectedHeaders()
	if header.Algorithm() != jwa.HS256 || header.Type() != string(kind) || json.Unmarshal(claims, &p) != nil {
		return p, errPass
	}
	if time.Now().Unix() >= p.Expires {
		return p, errExpired
	}
	return p, nil
}

var (
	errPass    = unauthorized("token_invalid", "The token is not one of ours, or not for this.")
	errExpired = unauthorized("token_expired", "The token has expired. Get a new one.")
)

// isPass reports whether a token says that it is a pass: then it is no bearer token, whoever signed it.
func isPass(text string) bool {
	first, _, _ := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(first)
	var header struct {
		Type string `json:"typ"`
	}
	return err == nil && json.Unmarshal(raw, &header) == nil && strings.HasPrefix(strings.ToLower(header.Type), passTypes)
}
