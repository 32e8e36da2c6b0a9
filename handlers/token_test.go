package handlers

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"homeroom/storage"
)

// testTokens takes tokens of a secret that is known to the test.
func testTokens(t *testing.T, change func(*TokenConfig)) *Tokens {
	t.Helper()
	cfg := TokenConfig{Secret: bytes.Repeat([]byte{1}, MinSecret)}
	if change != nil {
		change(&cfg)
	}
	tokens, err := NewTokens(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// claimed is a token of any claims.
func claimed(t *testing.T, tokens *Tokens, claims map[string]any) string {
	t.Helper()
	_, text, err := tokens.secret.auth.Encode(claims)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// counted is the value of a counter.
func counted(t *testing.T, counter prometheus.Collector) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(counter)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families[0].GetMetric()[0].GetCounter().GetValue()
}

// TestTokenTimes has a token be refused, become good, be remembered, and expire, all within the skew.
func TestTokenTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const skew = 10 * time.Second
		tokens := testTokens(t, func(cfg *TokenConfig) { cfg.Skew = skew })
		start := time.Now()
		text := claimed(t, tokens, map[string]any{
			"sub": "anna", "iat": start.Unix(), "nbf": start.Add(time.Minute).Unix(), "exp": start.Add(2 * time.Minute).Unix(),
		})
		at := func(passed time.Duration) (identity, error) {
			time.Sleep(time.Until(start.Add(passed))) // fake time
			return tokens.verify(t.Context(), text)
		}
		for _, early := range []time.Duration{0, time.Minute - skew - time.Second} {
			if _, err := at(early); err == nil || tokens.known.known.Len() != 0 {
				t.Errorf("after %s: %v, %d remembered", early, err, tokens.known.known.Len())
			}
		}
		for _, good := range []time.Duration{time.Minute - skew, time.Minute, 2*time.Minute + skew - time.Second} {
			id, err := at(good)
			if err != nil || !id.issued.Equal(start.Truncate(time.Second)) || id.User != "anna" {
				t.Errorf("after %s: %+v, %v", good, id, err)
			}
		}
		if hits := counted(t, tokens.known.result.WithLabelValues("hit")); hits != 2 {
			t.Errorf("%v hits", hits)
		}
		_, err := at(2*time.Minute + skew)
		if problem, ok := errors.AsType[*Problem](err); !ok || problem.Code != "token_expired" || tokens.known.known.Len() != 0 {
			t.Errorf("at last: %v, %d remembered", err, tokens.known.known.Len())
		}
	})
}

func TestTokenWithoutTimeOfIssue(t *testing.T) {
	tokens := testTokens(t, nil)
	id, err := tokens.verify(t.Context(), claimed(t, tokens, map[string]any{"sub": "anna", "exp": time.Now().Add(time.Hour).Unix()}))
	if err != nil || !id.issued.IsZero() {
		t.Errorf("%+v, %v", id, err)
	}
}

func TestTokenLength(t *testing.T) {
	tokens := testTokens(t, nil)
	text := claimed(t, tokens, map[string]any{"sub": "anna", "exp": time.Now().Add(time.Hour).Unix(), "more": strings.Repeat("x", 5900)})
	if _, err := tokens.verify(t.Context(), text); err != nil || len(text) > maxTokenLength {
		t.Errorf("%d bytes: %v", len(text), err)
	}
	if _, err := tokens.verify(t.Context(), strings.Repeat("x", maxTokenLength+1)); err == nil {
		t.Error("a token that is too long is taken")
	}
	if n := counted(t, tokens.failures.WithLabelValues(tooLong)); n != 1 {
		t.Errorf("counted %v times", n)
	}
	if n := counted(t, tokens.known.result.WithLabelValues("miss")); n != 1 {
		t.Errorf("%v were looked up", n)
	}
}

// TestCanonicalToken has one text for a token: what is refused by its text, or remembered, can't come back as another.
func TestCanonicalToken(t *testing.T) {
	tokens := testTokens(t, nil)
	text := claimed(t, tokens, map[string]any{"sub": "anna", "exp": time.Now().Add(time.Hour).Unix()})
	if _, err := tokens.verify(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(digits, text[len(text)-1]) // of 43 digits for 32 bytes: the last two bits mean nothing
	for what, other := range map[string]string{
		"stray bits": text[:len(text)-1] + digits[last|1:][:1], "padding": text + "=", "a line's end": text + "\n", "a space": " " + text,
		"another part": text + ".", "another alphabet": strings.NewReplacer("-", "+", "_", "/").Replace(text) + "=",
	} {
		if _, err := tokens.verify(t.Context(), other); err == nil {
			t.Errorf("%s: it is taken", what)
		}
	}
}

func TestTokenConfig(t *testing.T) {
	secret := bytes.Repeat([]byte{1}, MinSecret)
	for what, tt := range map[string]struct {
		cfg  TokenConfig
		want error
	}{
		"neither secret nor keys": {TokenConfig{}, ErrShortSecret},
		"a short secret":          {TokenConfig{Secret: secret[1:]}, ErrShortSecret},
		"a short one beside keys": {TokenConfig{Secret: secret[1:], Keys: &KeySet{}}, ErrShortSecret},
		"a skew that is long":     {TokenConfig{Secret: secret, Skew: MaxSkew + 1}, ErrSkew},
		"a skew below zero":       {TokenConfig{Secret: secret, Skew: -1}, ErrSkew},
	} {
		if _, err := NewTokens(tt.cfg); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestMint(t *testing.T) {
	mapped := RoleConfig{Claim: "realm_access.roles", Map: map[string]string{"staff": "teacher", "faculty": "teacher"}}
	for _, role := range []storage.GlobalRole{storage.GlobalTeacher, storage.GlobalStudent} {
		tokens := testTokens(t, func(cfg *TokenConfig) { cfg.Roles = mapped })
		text, err := tokens.Mint(storage.Principal{User: "anna", Role: role}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if id, err := tokens.verify(t.Context(), text); err != nil || id.Role != role {
			t.Errorf("%s: %+v, %v", role, id, err)
		}
	}
	tokens := testTokens(t, func(cfg *TokenConfig) { cfg.Roles = mapped })
	if _, err := tokens.Mint(storage.Principal{User: "anna", Role: storage.GlobalAdmin}, time.Hour); err == nil {
		t.Error("a role that nothing is mapped to")
	}
	keysOnly := testTokens(t, func(cfg *TokenConfig) { cfg.Secret, cfg.Keys = nil, &KeySet{} })
	if _, err := keysOnly.Mint(storage.Principal{User: "anna", Role: storage.GlobalTeacher}, time.Hour); !errors.Is(err, ErrNoSecret) {
		t.Errorf("without a secret: %v", err)
	}
}

// FuzzTokenHeader holds that what a stranger sends is refused and breaks nothing.
func FuzzTokenHeader(f *testing.F) {
	tokens, err := NewTokens(TokenConfig{Secret: bytes.Repeat([]byte{1}, MinSecret)})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"", "..", "...", "e30.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOm51bGx9.e30.AA",
		"eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiZXhwIl19.e30.AA", "eyJhbGciOiJIUzI1NiJ9.eyJhbGciOiJIUzI1NiJ9.eyJhbGciOiJIUzI1NiJ9",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if id, err := tokens.verify(t.Context(), text); err == nil {
			t.Errorf("%q speaks for %+v", text, id)
		}
	})
}
