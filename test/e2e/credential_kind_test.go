package e2e_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"

	"homeroom/test/contract"
	"homeroom/test/harness"
)

// What the server of TestCredentials wants of tokens.
const (
	rightAudience = "homeroom"
	rightIssuer   = "https://id.school.example"
)

// credential is a kind of credential: how it is shown, and how an operation answers it.
type credential struct {
	name    string
	show    func(*harness.Call)
	refusal func(contract.Request) refusal
}

// refusal is a status and a code; the zero one is none.
type refusal struct {
	status int
	code   string
}

// taken reports whether there is anything that the credential is good for, and so may change.
func (c credential) taken() bool {
	return c.refusal(contract.Request{Operation: contract.Operation{Method: http.MethodPost}, Schemes: []string{"bearer", "session"}}) == refusal{}
}

// credentials are all kinds. A new one takes a line.
func credentials(t *testing.T, srv *harness.Server) []credential {
	t.Helper()
	user := almighty.user()
	claims := func(changes map[string]any) map[string]any {
		all := map[string]any{"aud": rightAudience, "iss": rightIssuer}
		maps.Copy(all, changes)
		return with(user, all)
	}
	key := []byte(harness.Secret)
	sign := func(changes map[string]any) string { return harness.Sign(t, jwa.HS256, key, claims(changes)) }
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ago, ahead := time.Now().Add(-time.Minute).Unix(), time.Now().Add(time.Minute).Unix()
	good := sign(nil)
	parts := strings.Split(good, ".")
	signIn := func() *http.Cookie { return openSession(t, srv.With(t, good)) }
	session := func(call *harness.Call) { cookie(signIn().Value)(call) } // a new one each time, as some calls end it
	aSession, revoked := signIn().Value, signIn()
	srv.With(t, "").Holding(revoked).Do(http.MethodDelete, "/v1/session", nil).Want(http.StatusNoContent)
	streamToken := mintStreamToken(t, srv.With(t, good), srv.With(t, good).CreateClass("Elsewhere").ID).Token
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"nOnE","typ":"JWT"}`)) + "." + parts[1] + "."

	missing, invalid, expired := unauthorised("token_missing"), unauthorised("token_invalid"), unauthorised("token_expired")
	return []credential{
		{"a token", bearer(good), accepted("bearer")},
		{"a token after another spelling of bearer", header("Authorization", "bearer "+good), accepted("bearer")},
		{"a session cookie", session, accepted("session")},
		{"a session cookie from a page of the same origin", both(session, header("Sec-Fetch-Site", "same-origin")), accepted("session")},

		{"nothing", nil, missing},
		{"an empty token", bearer(""), missing},
		{"an empty cookie", cookie(""), missing},
		{"a token in the query", query("access_token", good), missing},
		{"a token in a cookie of another name", header("Cookie", "jwt="+good), missing},
		{"a token as a password", header("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.ID+":"+good))), missing},
		{"a token in a header of another name", header("X-Authorization", "Bearer "+good), missing},
		{"a user's name in a proxy's header", header("X-Forwarded-User", user.ID), missing},

		{"an expired token", bearer(sign(map[string]any{"exp": ago})), expired},
		{"a token without an expiry", bearer(sign(map[string]any{"exp": nil})), invalid},
		{"a token that is not valid yet", bearer(sign(map[string]any{"nbf": ahead})), invalid},
		{"a token of the future", bearer(sign(map[string]any{"iat": ahead})), invalid},
		{"a token for another audience", bearer(sign(map[string]any{"aud": "library"})), invalid},
		{"a token for no audience", bearer(sign(map[string]any{"aud": nil})), invalid},
		{"a token of another issuer", bearer(sign(map[string]any{"iss": "https://id.elsewhere.example"})), invalid},
		{"a token of no issuer", bearer(sign(map[string]any{"iss": nil})), invalid},
		{"a token for nobody", bearer(sign(map[string]any{"sub": nil})), invalid},
		{"a token with a role that isn't one", bearer(sign(map[string]any{"role": "root"})), invalid},
		{"a token signed with another key", bearer(harness.Sign(t, jwa.HS256, []byte(strings.Repeat("k", 32)), claims(nil))), invalid},
		{"a bearer token in the cookie", cookie(good), invalid},
		{"a session as a bearer token", bearer(aSession), invalid},
		{"a session that was ended", cookie(revoked.Value), unauthorised("session_revoked")},
		{"a session in a cookie of its other name", header("Cookie", "homeroom_session="+aSession), missing},
		{"a session in the query", query("stream_token", aSession), asStreamToken},
		{"a stream token of another class", query("stream_token", streamToken), asStreamToken},
		{"a bearer token as a stream token", query("stream_token", good), asStreamToken},
		{"a stream token as a bearer token", bearer(streamToken), invalid},
		{"a stream token in the cookie", cookie(streamToken), invalid},
		{"a token signed with no algorithm", bearer(harness.Sign(t, jwa.NoSignature, nil, claims(nil))), invalid},
		{"a token that spells no algorithm otherwise", bearer(unsigned), invalid},
		{"a token signed with HS384", bearer(harness.Sign(t, jwa.HS384, key, claims(nil))), invalid},
		{"a token signed with HS512", bearer(harness.Sign(t, jwa.HS512, key, claims(nil))), invalid},
		{"a token signed with RS256", bearer(harness.Sign(t, jwa.RS256, rsaKey, claims(nil))), invalid},
		{"a token whose signature is cut off", bearer(parts[0] + "." + parts[1] + "."), invalid},
		{"another's signature", bearer(parts[0] + "." + parts[1] + "." + strings.Split(sign(map[string]any{"sub": "x"}), ".")[2]), invalid},
		{"garbage", bearer("garbage"), invalid},
		{"a bad token beside a good cookie", both(bearer("garbage"), session), invalid},

		{"a session cookie from a page of another origin", both(session, header("Origin", "https://evil.example")), sameOrigin},
		{"a session cookie from another site", both(session, header("Sec-Fetch-Site", "cross-site")), sameOrigin},
		{"a session cookie from a sandboxed page", both(session, header("Origin", "null")), sameOrigin},
	}
}

// accepted takes a credential where the contract lists its security scheme. Elsewhere it is as good as none.
func accepted(scheme string) func(contract.Request) refusal {
	return func(op contract.Request) refusal {
		if op.Public() || slices.Contains(op.Schemes, scheme) {
			return refusal{}
		}
		return refusal{http.StatusUnauthorized, "token_missing"}
	}
}

// unauthorised refuses a credential wherever one is needed.
func unauthorised(code string) func(contract.Request) refusal {
	return func(op contract.Request) refusal {
		if op.Public() {
			return refusal{}
		}
		return refusal{http.StatusUnauthorized, code}
	}
}

// asStreamToken refuses what comes as a stream token and isn't one of this class; where none is taken it is as good as
// nothing.
func asStreamToken(op contract.Request) refusal {
	if slices.Contains(op.Schemes, "streamToken") {
		return refusal{http.StatusUnauthorized, "token_invalid"}
	}
	return unauthorised("token_missing")(op)
}

// sameOrigin takes a cookie for what changes nothing. For the rest it matters where it comes from, even where no
// credential is needed: that nobody's session is ended by another page.
func sameOrigin(op contract.Request) refusal {
	if op.Method != http.MethodGet {
		return refusal{http.StatusForbidden, "cross_origin"}
	}
	return accepted("session")(op)
}

func bearer(token string) func(*harness.Call) { return header("Authorization", "Bearer "+token) }

func cookie(token string) func(*harness.Call) {
	return header("Cookie", "__Host-homeroom_session="+token)
}

func header(name, value string) func(*harness.Call) {
	return func(call *harness.Call) { call.Header[name] = value }
}

func query(name, value string) func(*harness.Call) {
	return func(call *harness.Call) {
		separator := "?"
		if strings.Contains(call.Path, "?") {
			separator = "&"
		}
		call.Path += separator + name + "=" + value
	}
}

func both(a, b func(*harness.Call)) func(*harness.Call) {
	return func(call *harness.Call) {
		a(call)
		b(call)
	}
}
