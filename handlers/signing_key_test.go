package handlers

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/x25519"
)

// jwkOf is a key as it stands in a set, with further fields.
func jwkOf(t *testing.T, raw any, more map[string]any) json.RawMessage {
	t.Helper()
	key, err := jwk.FromRaw(raw)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{}
	if err := json.Unmarshal(encoded, &fields); err != nil {
		t.Fatal(err)
	}
	maps.Copy(fields, more)
	if encoded, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	return encoded
}

// document is a key set.
func document(t *testing.T, keys ...json.RawMessage) []byte {
	t.Helper()
	set, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

type fields = map[string]any

// TestKeyPinning shows which keys are taken, and what algorithm each of them then is for.
func TestKeyPinning(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, minRSA)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	xPublic, _, err := x25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		raw  any
		more fields
		want string // algorithm; "" where it isn't taken
	}{
		"RSA":                       {&rsaKey.PublicKey, nil, rs256},
		"RSA with its algorithm":    {&rsaKey.PublicKey, fields{"alg": "RS256"}, rs256},
		"RSA for PS256":             {&rsaKey.PublicKey, fields{"alg": "PS256"}, ""},
		"RSA for RS512":             {&rsaKey.PublicKey, fields{"alg": "RS512"}, ""},
		"RSA for HS256":             {&rsaKey.PublicKey, fields{"alg": "HS256"}, ""},
		"RSA for none":              {&rsaKey.PublicKey, fields{"alg": "none"}, ""},
		"RSA for encryption":        {&rsaKey.PublicKey, fields{"use": "enc"}, ""},
		"RSA with an exponent of 1": {&rsaKey.PublicKey, fields{"e": "AQ"}, ""},
		"RSA with an even exponent": {&rsaKey.PublicKey, fields{"e": "AAAE"}, ""},
		"RSA with a huge exponent":  {&rsaKey.PublicKey, fields{"e": "____________"}, ""},
		"RSA with a short modulus":  {&rsaKey.PublicKey, fields{"n": strings.Repeat("_", 170)}, ""},
		"RSA with a huge modulus":   {&rsaKey.PublicKey, fields{"n": strings.Repeat("_", 4000)}, ""},
		"RSA without a modulus":     {&rsaKey.PublicKey, fields{"n": ""}, ""},
		"a private RSA key":         {rsaKey, nil, rs256},
		"P-256":                     {&ecKey.PublicKey, nil, es256},
		"P-256 for ES384":           {&ecKey.PublicKey, fields{"alg": "ES384"}, ""},
		"P-256 for key agreement":   {&ecKey.PublicKey, fields{"alg": "ECDH-ES"}, ""},
		"P-256 for signatures":      {&ecKey.PublicKey, fields{"use": "sig"}, es256},
		"P-256 to verify with":      {&ecKey.PublicKey, fields{"key_ops": []string{"verify"}}, es256},
		"P-256 to derive with":      {&ecKey.PublicKey, fields{"key_ops": []string{"deriveKey"}}, ""},
		"P-256 with another point":  {&ecKey.PublicKey, fields{"x": strings.Repeat("A", 43)}, ""},
		"a private P-256 key":       {ecKey, nil, es256},
		"P-521":                     {&p521.PublicKey, nil, ""},
		"Ed25519":                   {edPublic, nil, edDSA},
		"Ed25519 of another length": {edPublic, fields{"x": "AAAA"}, ""},
		"a private Ed25519 key":     {edKey, nil, edDSA},
		"X25519":                    {xPublic, nil, ""},
		"a secret":                  {[]byte(strings.Repeat("x", 32)), fields{"alg": "HS256"}, ""},
		"a secret that says RS256":  {[]byte(strings.Repeat("x", 32)), fields{"alg": "RS256"}, ""},
		"a kid that is long":        {edPublic, fields{"kid": strings.Repeat("x", maxKeyID+1)}, ""},
		"a kid that is a number":    {edPublic, fields{"kid": 1}, ""},
		"certificates don't matter": {edPublic, fields{"x5c": []string{"AAAA"}, "x5u": "http://127.0.0.1:1/"}, edDSA},
	}
	for what, tt := range tests {
		t.Run(what, func(t *testing.T) {
			keys, ignored, err := parseKeys(document(t, jwkOf(t, tt.raw, tt.more)))
			if err != nil || len(keys)+len(ignored) != 1 {
				t.Fatalf("%d keys, ignored %q, %v", len(keys), ignored, err)
			}
			got := ""
			if len(keys) == 1 {
				got = keys[0].algorithm
			}
			if got != tt.want {
				t.Errorf("algorithm %q, want %q; ignored %q", got, tt.want, ignored)
			}
		})
	}
}

func TestParseKeys(t *testing.T) {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	one := jwkOf(t, public, fields{"kid": "one"})
	t.Run("a key that is there twice is one", func(t *testing.T) {
		keys, ignored, err := parseKeys(document(t, one, one, jwkOf(t, public, fields{"kid": "two"})))
		if err != nil || len(keys) != 2 || len(ignored) != 1 {
			t.Errorf("%d keys, %q, %v", len(keys), ignored, err)
		}
	})
	t.Run("a set may be empty", func(t *testing.T) {
		if keys, ignored, err := parseKeys([]byte(`{"keys":[]}`)); err != nil || len(keys)+len(ignored) != 0 {
			t.Errorf("%v, %v, %v", keys, ignored, err)
		}
	})
	for what, text := range map[string]string{
		"nothing": ``, "null": `null`, "a list": `[]`, "no keys": `{}`, "keys that are null": `{"keys":null}`, "keys of another kind": `{"keys":{}}`,
		"one key alone": string(one), "HTML": `<html>`, "half of it": `{"keys":[`, "something after it": `{"keys":[]}{}`,
		"too many": fmt.Sprintf(`{"keys":[{}%s]}`, strings.Repeat(",{}", maxKeys)),
	} {
		if _, _, err := parseKeys([]byte(text)); err == nil {
			t.Errorf("%s is taken for a set", what)
		}
	}
}

// FuzzKeySet holds that a key which is taken can be used, whatever the set says.
func FuzzKeySet(f *testing.F) {
	for _, seed := range []string{
		`{"keys":[]}`, `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}`, `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"k","alg":"ES256","use":"sig"}]}`, `{"keys":[{"kty":"oct","k":"AAAA"}]}`,
		`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"AA"}]}`,
		`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"good"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, _, err := parseKeys(text)
		if err != nil {
			return
		}
		for _, key := range keys {
			if _, err := key.auth.Decode("eyJhbGciOiJFZERTQSJ9.e30.AAAA"); err == nil {
				t.Errorf("%s verifies what nobody signed", key.algorithm)
			}
		}
	})
}
