package e2e_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"

	"homeroom/test/harness"
)

// with are the claims of a good token, some of them changed, or left out by nil.
func with(user harness.User, changes map[string]any) map[string]any {
	claims := user.Claims(time.Hour)
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

// hs256 signs claims as a good token is signed.
func hs256(t *testing.T, claims map[string]any) string {
	t.Helper()
	return harness.Sign(t, jwa.HS256, []byte(harness.Secret), claims)
}

func TestTokenRefused(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{})
	good := ben.Token(t, time.Hour)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	another := strings.Split(anna.Token(t, time.Hour), ".")
	past := time.Now().Add(-time.Hour).Unix()

	tests := map[string]struct{ token, code string }{
		"none":                      {"", "token_missing"},
		"garbage":                   {"garbage", "token_invalid"},
		"three dots":                {"...", "token_invalid"},
		"truncated":                 {good[:len(good)-4], "token_invalid"},
		"without a signature":       {parts[0] + "." + parts[1] + ".", "token_invalid"},
		"without its third part":    {parts[0] + "." + parts[1], "token_invalid"},
		"another's payload":         {parts[0] + "." + another[1] + "." + parts[2], "token_invalid"},
		"a part too many":           {good + ".e30", "token_invalid"},
		"expired":                   {hs256(t, with(ben, map[string]any{"exp": past})), "token_expired"},
		"without an expiry":         {hs256(t, with(ben, map[string]any{"exp": nil})), "token_invalid"},
		"an expiry of null":         {rawToken(t, `{"sub":"ben","exp":null}`), "token_invalid"},
		"an expiry that is text":    {hs256(t, with(ben, map[string]any{"exp": "tomorrow"})), "token_invalid"},
		"not valid yet":             {hs256(t, with(ben, map[string]any{"nbf": time.Now().Add(time.Hour).Unix()})), "token_invalid"},
		"algorithm none":            {harness.Sign(t, jwa.NoSignature, nil, ben.Claims(time.Hour)), "token_invalid"},
		"HS512":                     {harness.Sign(t, jwa.HS512, []byte(harness.Secret), ben.Claims(time.Hour)), "token_invalid"},
		"HS384":                     {harness.Sign(t, jwa.HS384, []byte(harness.Secret), ben.Claims(time.Hour)), "token_invalid"},
		"RS256":                     {harness.Sign(t, jwa.RS256, rsaKey, ben.Claims(time.Hour)), "token_invalid"},
		"another key":               {harness.Sign(t, jwa.HS256, []byte(strings.ToUpper(harness.Secret)), ben.Claims(time.Hour)), "token_invalid"},
		"another key, and expired":  {harness.Sign(t, jwa.HS256, []byte(strings.ToUpper(harness.Secret)), with(ben, map[string]any{"exp": past})), "token_invalid"},
		"without a subject":         {hs256(t, with(ben, map[string]any{"sub": nil})), "token_invalid"},
		"an empty subject":          {hs256(t, with(ben, map[string]any{"sub": ""})), "token_invalid"},
		"a subject with a space":    {hs256(t, with(ben, map[string]any{"sub": "b en"})), "token_invalid"},
		"a subject with a NUL":      {hs256(t, with(ben, map[string]any{"sub": "b\x00n"})), "token_invalid"},
		"a subject that is long":    {hs256(t, with(ben, map[string]any{"sub": strings.Repeat("x", 129)})), "token_invalid"},
		"a subject that's a number": {hs256(t, with(ben, map[string]any{"sub": 7})), "token_invalid"},
		"an unknown role":           {hs256(t, with(ben, map[string]any{"role": "queen"})), "token_invalid"},
		"a role that's a number":    {hs256(t, with(ben, map[string]any{"role": 1})), "token_invalid"},
		"a name that is long":       {hs256(t, with(ben, map[string]any{"name": strings.Repeat("x", 101)})), "token_invalid"},
		"a name that's an object":   {hs256(t, with(ben, map[string]any{"name": map[string]any{"a": 1}})), "token_invalid"},
		"a payload that's no JSON":  {rawToken(t, `hello`), "token_invalid"},
		"a payload that's an array": {rawToken(t, `[]`), "token_invalid"},
		"padded":                    {good + "=", "token_invalid"},
		"RS256, and no key set":     {harness.NewKey(t, jwa.RS256, "r1").Token(t, ben), "token_invalid"},
		"a critical extension":      {forge(t, map[string]any{"alg": "HS256", "crit": []string{"exp"}}, ben.Claims(time.Hour), mac), "token_invalid"},
		"issued in the future":      {hs256(t, with(ben, map[string]any{"iat": time.Now().Add(time.Hour).Unix()})), "token_invalid"},
		"a good one that is long":   {hs256(t, with(ben, map[string]any{"more": strings.Repeat("x", 8<<10)})), "token_invalid"},
		"a very long one":           {"x." + strings.Repeat("x", 5000) + ".x", "token_invalid"},
	}
	for what, tt := range tests {
		t.Run(what, func(t *testing.T) {
			c := r.srv.With(t, tt.token)
			for _, path := range []string{"/v1/classes", r.path(), r.path("messages"), r.path("stream"), r.path("events")} {
				resp := c.Get(path)
				resp.WantProblem(http.StatusUnauthorized, tt.code)
				if !strings.HasPrefix(resp.Header.Get("WWW-Authenticate"), "Bearer") {
					t.Errorf("GET %s: WWW-Authenticate %q", path, resp.Header.Get("WWW-Authenticate"))
				}
			}
			c.Do("POST", r.path("messages"), map[string]string{"text": "let me in"}).WantProblem(http.StatusUnauthorized, tt.code)
			c.Do("POST", "/v1/session", nil).WantProblem(http.StatusUnauthorized, tt.code)
		})
	}

	t.Run("a token anywhere but in its header", func(t *testing.T) {
		c := r.srv.With(t, "")
		for _, query := range []string{"jwt", "token", "access_token"} {
			c.Get(r.path()+"?"+query+"="+good).WantProblem(http.StatusUnauthorized, "token_missing")
		}
		c.Get(r.path(), "Cookie", "jwt="+good).WantProblem(http.StatusUnauthorized, "token_missing")
		c.Get(r.path(), "Cookie", sessionCookie+"="+good).WantProblem(http.StatusUnauthorized, "token_invalid")
		if resp := c.Get(r.path(), "Authorization", "Basic YmVuOmJlbg=="); resp.Status != http.StatusUnauthorized {
			t.Errorf("basic authentication: status %d", resp.Status)
		}
		c.Get(r.path(), "Authorization", "bearer "+good).Want(http.StatusOK)
	})

	t.Run("a token without role and name is a student's", func(t *testing.T) {
		plain := r.srv.With(t, hs256(t, map[string]any{"sub": ben.ID, "exp": time.Now().Add(time.Hour).Unix()}))
		plain.Post(r.class, "hello")
		plain.Do("POST", "/v1/classes", map[string]string{"name": "Mine"}).WantProblem(http.StatusForbidden, "forbidden")
	})

	t.Run("the pages for operations need none", func(t *testing.T) {
		c := r.srv.With(t, "")
		for _, path := range []string{"/healthz", "/readyz", "/metrics", "/openapi.yaml", "/"} {
			c.Get(path).Want(http.StatusOK)
		}
	})
}

// rawToken signs a payload as it is, in HS256 by hand: no library would.
func rawToken(t *testing.T, payload string) string {
	t.Helper()
	header, err := json.Marshal(map[string]string{"alg": "HS256", "typ": "JWT"})
	if err != nil {
		t.Fatal(err)
	}
	signing := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	return signing + "." + base64.RawURLEncoding.EncodeToString(mac([]byte(signing)))
}

// mac signs with the secret.
func mac(text []byte) []byte {
	hash := hmac.New(sha256.New, []byte(harness.Secret))
	hash.Write(text)
	return hash.Sum(nil)
}

func TestAudience(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{Args: []string{"--jwt-audience", "homeroom", "--jwt-issuer", "https://id.school.example"}})
	right := map[string]any{"aud": "homeroom", "iss": "https://id.school.example"}
	change := func(name string, value any) map[string]any {
		changed := maps.Clone(right)
		changed[name] = value
		return with(anna, changed)
	}

	t.Run("a token for this service from this issuer is taken", func(t *testing.T) {
		srv.With(t, hs256(t, with(anna, right))).CreateClass("Biology")
		srv.With(t, hs256(t, change("aud", []string{"library", "homeroom"}))).CreateClass("Biology")
	})
	for what, claims := range map[string]map[string]any{
		"another audience":   change("aud", "library"),
		"other audiences":    change("aud", []string{"library", "canteen"}),
		"no audience":        change("aud", nil),
		"an empty audience":  change("aud", []string{}),
		"part of the name":   change("aud", "homeroo"),
		"another issuer":     change("iss", "https://id.elsewhere.example"),
		"no issuer":          change("iss", nil),
		"issuer as audience": change("aud", "https://id.school.example"),
	} {
		t.Run(what, func(t *testing.T) {
			srv.With(t, hs256(t, claims)).Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_invalid")
		})
	}
}
