package e2e_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"

	"homeroom/test/harness"
)

// rawKey is a key as the standard library has it.
func rawKey(t *testing.T, key harness.Key) any {
	t.Helper()
	var raw any
	if err := key.Private.Raw(&raw); err != nil {
		t.Fatal(err)
	}
	return raw
}

// forge makes a token of any header, signed by a function; jwx would refuse to.
func forge(t *testing.T, header, claims map[string]any, sign func([]byte) []byte) string {
	t.Helper()
	text := part(t, header) + "." + part(t, claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(text)))
}

func part(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

// publicForms are the ways in which a public key is handed around: any of them may be tried as the secret of an HMAC.
func publicForms(t *testing.T, key harness.Key) map[string][]byte {
	t.Helper()
	public := rawKey(t, key).(*rsa.PrivateKey).PublicKey
	pkix, err := x509.MarshalPKIXPublicKey(&public)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(key.Public(t))
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"PEM":        pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}),
		"DER":        pkix,
		"PKCS 1 PEM": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&public)}),
		"JWK":        text,
		"modulus":    public.N.Bytes(),
	}
}

// TestKeyConfusion tries to have one key taken for another, with a server that has keys and a secret.
func TestKeyConfusion(t *testing.T) {
	t.Parallel()
	rsaKey, ecKey, edKey := harness.NewKey(t, jwa.RS256, "r1"), harness.NewKey(t, jwa.ES256, "e1"), harness.NewKey(t, jwa.EdDSA, "d1")
	mine := harness.NewKey(t, jwa.RS256, "mine") // the forger's
	twin, other := harness.NewKey(t, jwa.EdDSA, "twin"), harness.NewKey(t, jwa.EdDSA, "twin")
	encrypting := harness.NewKey(t, jwa.RS256, "encrypting")
	public := func(key harness.Key, name, value string) any {
		published := key.Public(t)
		if err := published.Set(name, value); err != nil {
			t.Fatal(err)
		}
		return published
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(map[string]any{"keys": []any{
		rsaKey.Public(t), public(ecKey, "alg", "ES256"), edKey.Public(t), twin.Public(t), other.Public(t),
		public(encrypting, "use", "enc"),
		map[string]string{"kty": "oct", "kid": "secret", "alg": "HS256", "k": "bm90aGluZyB0aGF0IGNvdWxkIGV2ZXIgYmUgYSBzZWNyZXQ"},
		harness.JWK(t, short.Public(), "kid", "short"), harness.JWK(t, p384.Public(), "kid", "p384"),
		map[string]string{"kty": "OKP", "crv": "Ed25519", "kid": "stub", "x": "AAAA"},
		map[string]string{"kty": "EC", "crv": "P-256", "kid": "nowhere", "x": strings.Repeat("A", 43), "y": strings.Repeat("A", 43)},
		map[string]string{"kty": "new"}, "no key at all",
	}})
	if err != nil {
		t.Fatal(err)
	}
	issuer := harness.NewIssuer(t)
	issuer.PublishDocument(document)
	var lured atomic.Int32
	lure := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		lured.Add(1)
		_, _ = w.Write(harness.KeySet(t, mine.Public(t)))
	}))
	t.Cleanup(lure.Close)
	srv := harness.Start(t, harness.Options{
		Env:  []string{"HOMEROOM_JWKS=" + issuer.URL},
		Args: []string{"--jwt-audience", "homeroom", "--jwt-issuer", "https://id.school.example"},
	})
	right := with(root, map[string]any{"aud": "homeroom", "iss": "https://id.school.example"})
	change := func(name string, value any) map[string]any {
		changed := maps.Clone(right)
		changed[name] = value
		maps.DeleteFunc(changed, func(_ string, value any) bool { return value == nil })
		return changed
	}
	hour := time.Now().Add(time.Hour).Unix()
	for what, token := range map[string]string{
		"RS256": harness.Sign(t, jwa.RS256, rsaKey.Private, right), "ES256": harness.Sign(t, jwa.ES256, ecKey.Private, right),
		"EdDSA": harness.Sign(t, jwa.EdDSA, edKey.Private, right), "the secret": hs256(t, right),
	} {
		t.Run("in by "+what, func(t *testing.T) { wantIn(t, srv, token) })
	}

	rs := func(key harness.Key) func([]byte) []byte {
		return func(text []byte) []byte {
			hash := sha256.Sum256(text)
			signature, err := rsa.SignPKCS1v15(rand.Reader, rawKey(t, key).(*rsa.PrivateKey), crypto.SHA256, hash[:])
			if err != nil {
				t.Fatal(err)
			}
			return signature
		}
	}
	jku := map[string]any{"jku": lure.URL, "x5u": lure.URL, "jwk": mine.Public(t), "x5c": []string{"AAAA"}}
	header := func(more map[string]any, pairs ...any) map[string]any {
		made := map[string]any{"alg": "RS256", "kid": "r1"}
		maps.Copy(made, more)
		for i := 0; i < len(pairs); i += 2 {
			made[pairs[i].(string)] = pairs[i+1]
		}
		return made
	}
	goodRSA := harness.Sign(t, jwa.RS256, rsaKey.Private, right)
	tests := map[string]string{
		"PS256 with an RSA key":             harness.Sign(t, jwa.PS256, rsaKey.Private, right),
		"RS512 with an RSA key":             harness.Sign(t, jwa.RS512, rsaKey.Private, right),
		"RS384 with an RSA key":             harness.Sign(t, jwa.RS384, rsaKey.Private, right),
		"ES384":                             harness.Sign(t, jwa.ES384, harness.JWK(t, p384, "kid", "p384"), right),
		"a curve that isn't taken as ES256": harness.Sign(t, jwa.ES384, harness.JWK(t, p384, "kid", "e1"), right),
		"an RSA key that is short":          harness.Sign(t, jwa.RS256, harness.JWK(t, short, "kid", "short"), right),
		"a key for encryption":              harness.Sign(t, jwa.RS256, encrypting.Private, right),
		"a key in the set that is a secret": harness.Sign(t, jwa.HS256, harness.JWK(t, []byte("nothing that could ever be a secret"), "kid", "secret"), right),
		"RS256 with the kid of an EC key":   harness.Sign(t, jwa.RS256, harness.JWK(t, rawKey(t, rsaKey), "kid", "e1"), right),
		"ES256 with the kid of an RSA key":  harness.Sign(t, jwa.ES256, harness.JWK(t, rawKey(t, ecKey), "kid", "r1"), right),
		"another's key under a good kid":    harness.Sign(t, jwa.RS256, harness.JWK(t, rawKey(t, mine), "kid", "r1"), right),
		"an unknown kid":                    harness.Sign(t, jwa.RS256, mine.Private, right),
		"no kid, of two keys":               harness.Sign(t, jwa.EdDSA, rawKey(t, edKey), right),
		"a kid that two keys have":          harness.Sign(t, jwa.EdDSA, twin.Private, right),
		"the other of the two":              harness.Sign(t, jwa.EdDSA, other.Private, right),
		"no kid, of the last of them":       harness.Sign(t, jwa.EdDSA, rawKey(t, other), right),
		"none":                              harness.Sign(t, jwa.NoSignature, nil, right),
		"none with a kid":                   forge(t, map[string]any{"alg": "none", "kid": "r1"}, right, func([]byte) []byte { return nil }),
		"an algorithm in other letters":     forge(t, map[string]any{"alg": "rs256", "kid": "r1"}, right, rs(rsaKey)),
		"no algorithm":                      forge(t, map[string]any{"kid": "r1"}, right, rs(rsaKey)),
		"ES256 in the header of RS256":      forge(t, map[string]any{"alg": "ES256", "kid": "r1"}, right, rs(rsaKey)),
		"HS256 in the header of RS256":      forge(t, map[string]any{"alg": "HS256", "kid": "r1"}, right, rs(rsaKey)),
		"jku, jwk, x5u and x5c":             forge(t, header(jku, "kid", "mine"), right, rs(mine)),
		"the same under a good kid":         forge(t, header(jku), right, rs(mine)),
		"the same without a kid":            forge(t, header(jku, "kid", ""), right, rs(mine)),
		"a critical extension":              forge(t, header(nil, "crit", []string{"exp"}), right, rs(rsaKey)),
		"an empty crit":                     forge(t, header(nil, "crit", []string{}), right, rs(rsaKey)),
		"b64":                               forge(t, header(nil, "b64", false), right, rs(rsaKey)),
		"a kid that is a number":            forge(t, header(nil, "kid", 1), right, rs(rsaKey)),
		"a kid that is a path":              forge(t, header(nil, "kid", "../../etc/passwd"), right, rs(rsaKey)),
		"a kid that is SQL":                 forge(t, header(nil, "kid", "' OR 1=1; --"), right, rs(rsaKey)),
		"a kid that is huge":                forge(t, header(nil, "kid", strings.Repeat("x", 5000)), right, rs(rsaKey)),
		"two algorithms":                    base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","alg":"HS256","kid":"r1"}`)) + goodRSA[strings.IndexByte(goodRSA, '.'):],
		"padding":                           goodRSA + "==",
		"the JSON form":                     `{"payload":"` + strings.Split(goodRSA, ".")[1] + `","protected":"` + strings.Split(goodRSA, ".")[0] + `","signature":"` + strings.Split(goodRSA, ".")[2] + `"}`,
		"not valid yet":                     harness.Sign(t, jwa.RS256, rsaKey.Private, change("nbf", hour)),
		"made in the future":                harness.Sign(t, jwa.RS256, rsaKey.Private, change("iat", hour)),
		"another audience":                  harness.Sign(t, jwa.RS256, rsaKey.Private, change("aud", "library")),
		"no audience":                       harness.Sign(t, jwa.ES256, ecKey.Private, change("aud", nil)),
		"another issuer":                    harness.Sign(t, jwa.EdDSA, edKey.Private, change("iss", "https://id.elsewhere.example")),
		"without an expiry":                 harness.Sign(t, jwa.RS256, rsaKey.Private, change("exp", nil)),
		"without a subject":                 harness.Sign(t, jwa.RS256, rsaKey.Private, change("sub", nil)),
		"a token that is too long":          harness.Sign(t, jwa.RS256, rsaKey.Private, change("more", strings.Repeat("x", 7<<10))),
	}
	for form, secret := range publicForms(t, rsaKey) {
		tests["HS256 with the public key as secret: "+form] = harness.Sign(t, jwa.HS256, harness.JWK(t, secret, "kid", "r1"), right)
	}
	for what, token := range tests {
		t.Run(what, func(t *testing.T) {
			c := srv.With(t, token)
			for range 2 { // nothing that is refused is remembered as good
				c.Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_invalid")
			}
			c.Do("POST", "/v1/classes", map[string]string{"name": "Mine"}).WantProblem(http.StatusUnauthorized, "token_invalid")
		})
	}
	t.Run("expired", func(t *testing.T) {
		token := harness.Sign(t, jwa.RS256, rsaKey.Private, change("exp", time.Now().Add(-time.Hour).Unix()))
		srv.With(t, token).Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_expired")
	})
	t.Run("nobody goes where a token points", func(t *testing.T) {
		if n := lured.Load(); n != 0 {
			t.Errorf("%d requests", n)
		}
	})
	t.Run("what of the set isn't taken is logged, once", func(t *testing.T) {
		left := srv.Logs().Records("keys of the set left out")
		if len(left) != 1 || strings.Count(left[0].Text("why"), ";") != 7 {
			t.Errorf("%v", left)
		}
	})
}
