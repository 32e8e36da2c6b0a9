package harness

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// Secret signs the tokens of every server that is given no other.
const Secret = "a secret of the test suites, long enough for HS256"

// User is who a token speaks for.
type User struct {
	ID   string
	Name string
	Role string // the global role: admin, teacher or student
}

// Admin is a user with that global role, as Teacher and Student are.
func Admin(id string) User { return User{ID: id, Name: "Admin " + id, Role: "admin"} }

// Teacher is a user who may create classes.
func Teacher(id string) User { return User{ID: id, Name: "Teacher " + id, Role: "teacher"} }

// Student is a user who may not.
func Student(id string) User { return User{ID: id, Name: "Student " + id, Role: "student"} }

// Claims are the claims of a token for the user that expires after ttl.
func (u User) Claims(ttl time.Duration) map[string]any {
	claims := map[string]any{"sub": u.ID, "exp": time.Now().Add(ttl).Unix()}
	if u.Name != "" {
		claims["name"] = u.Name
	}
	if u.Role != "" {
		claims["role"] = u.Role
	}
	return claims
}

// Token is a token for the user, signed with [Secret].
func (u User) Token(tb testing.TB, ttl time.Duration) string {
	tb.Helper()
	return Sign(tb, jwa.HS256, []byte(Secret), u.Claims(ttl))
}

// Sign makes a token of exactly these claims, with any algorithm and key: tests
// of bad tokens need what a library for good ones refuses to make.
func Sign(tb testing.TB, alg jwa.SignatureAlgorithm, key any, claims map[string]any) string {
	tb.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		tb.Fatalf("encode claims: %v", err)
	}
	var option jws.SignOption = jws.WithKey(alg, key)
	if alg == jwa.NoSignature {
		option = jws.WithInsecureNoSignature()
	}
	signed, err := jws.Sign(payload, option)
	if err != nil {
		tb.Fatalf("sign: %v", err)
	}
	return string(signed)
}
