package handlers

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"homeroom/storage"
)

// somebody is who the passes of the tests speak for.
func somebody() identity {
	return identity{
		Principal: storage.Principal{User: "ben", Name: "Ben", Role: storage.GlobalStudent},
		issued:    time.Unix(1_700_000_000, 0), expires: time.Now().Add(time.Hour).Truncate(time.Second),
	}
}

func mustSign(t *testing.T, s passes, kind passKind, p pass) string {
	t.Helper()
	text, err := s.sign(kind, p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPass(t *testing.T) {
	key := bytes.Repeat([]byte{7}, 32)
	ours, id := passes{key}, somebody()
	p := newPass(id, id.expires)
	p.Session = "3f0c9a55-4f0e-4c39-9b1e-6a4f9d1c2b7e"
	good := mustSign(t, ours, sessionPass, p)

	t.Run("says whom it lets in", func(t *testing.T) {
		got, err := ours.open(sessionPass, good)
		if err != nil {
			t.Fatal(err)
		}
		want := id
		want.session = p.Session
		if back := got.identity(got.Expires); back != want {
			t.Errorf("got %+v, want %+v", back, want)
		}
	})

	parts := strings.Split(good, ".")
	signed := func(alg jwa.SignatureAlgorithm, kind string) string {
		header := jws.NewHeaders()
		if err := header.Set(jws.TypeKey, kind); err != nil {
			t.Fatal(err)
		}
		text, err := jws.Sign([]byte(`{"sub":"ben","exp":9999999999}`), jws.WithKey(alg, key, jws.WithProtectedHeaders(header)))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	asJSON, err := jws.Sign([]byte(`{}`), jws.WithJSON(), jws.WithKey(jwa.HS256, key))
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"nothing":                "",
		"a stream token":         mustSign(t, ours, streamPass, p),
		"another key's":          mustSign(t, passes{bytes.Repeat([]byte{8}, 32)}, sessionPass, p),
		"a bearer's type":        signed(jwa.HS256, "JWT"),
		"its type with more":     signed(jwa.HS256, string(sessionPass)+"x"),
		"its type in capitals":   signed(jwa.HS256, strings.ToUpper(string(sessionPass))),
		"another algorithm":      signed(jwa.HS512, string(sessionPass)),
		"algorithm none":         "eyJhbGciOiJub25lIiwidHlwIjoiaG9tZXJvb20tc2Vzc2lvbitqd3QifQ." + parts[1] + ".",
		"truncated":              good[:len(good)-1],
		"without a signature":    parts[0] + "." + parts[1] + ".",
		"without the third part": parts[0] + "." + parts[1],
		"another's claims":       parts[0] + ".eyJzdWIiOiJhbm5hIn0." + parts[2],
		"in JSON":                string(asJSON),
	} {
		t.Run("is not "+what, func(t *testing.T) {
			if p, err := ours.open(sessionPass, text); !errors.Is(err, errPass) {
				t.Errorf("taken as %+v, %v", p, err)
			}
		})
	}

	t.Run("is not taken once it has expired", func(t *testing.T) {
		if _, err := ours.open(sessionPass, mustSign(t, ours, sessionPass, newPass(id, time.Now()))); !errors.Is(err, errExpired) {
			t.Errorf("%v", err)
		}
	})

	t.Run("is neither made nor taken without a key", func(t *testing.T) {
		if text, err := (passes{}).sign(sessionPass, p); err == nil {
			t.Errorf("made %s", text)
		}
		if _, err := (passes{}).open(sessionPass, good); !errors.Is(err, errPass) {
			t.Errorf("%v", err)
		}
	})

	t.Run("is no bearer token, whoever signed it", func(t *testing.T) {
		bearer, err := NewTokens(TokenConfig{Secret: key})
		if err != nil {
			t.Fatal(err)
		}
		s := &Server{tokens: bearer, passes: ours}
		for _, kind := range []passKind{sessionPass, streamPass} {
			text := mustSign(t, ours, kind, p)
			if _, err := s.bearer(t.Context(), text); !errors.Is(err, errPass) {
				t.Errorf("%s: %v", kind, err)
			}
		}
		text, err := bearer.Mint(id.Principal, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.bearer(t.Context(), text); err != nil {
			t.Errorf("a bearer token: %v", err)
		}
		for _, kind := range []passKind{sessionPass, streamPass} {
			if _, err := ours.open(kind, text); !errors.Is(err, errPass) {
				t.Errorf("a bearer token as %s: %v", kind, err)
			}
		}
	})
}

func TestRedact(t *testing.T) {
	token := mustSign(t, passes{bytes.Repeat([]byte{7}, 32)}, streamPass, newPass(somebody(), time.Now()))
	signature := token[strings.LastIndexByte(token, '.')+1:]
	for _, text := range []string{token, token[:60], signature, "/v1/classes/" + token + "/stream", "say " + signature + " again", token[20:]} {
		if got := Redact(text); strings.Contains(got, signature) || strings.Contains(got, token[:40]) || !strings.Contains(got, redacted) {
			t.Errorf("%s is told as %s", text, got)
		}
	}
	const plain = "/v1/classes/01a202b2-c57b-7c3e-9d2a-4f1f6a0c8e11/members/anna"
	if got := Redact(plain); got != plain {
		t.Errorf("%s is told as %s", plain, got)
	}
}
