package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"

	"homeroom/test/harness"
)

// startWithKeys starts a server that takes the tokens of a key set, and of no secret.
func startWithKeys(t *testing.T, source string, args ...string) *harness.Server {
	t.Helper()
	return harness.Start(t, harness.Options{Development: true, Env: []string{"HOMEROOM_JWKS=" + source}, Args: args})
}

// wantIn waits until a token is taken; wantOut until it is refused.
func wantIn(t *testing.T, srv *harness.Server, token string) {
	t.Helper()
	harness.Eventually(t, "the token is taken", func() bool { return srv.With(t, token).Get("/v1/classes").Status == http.StatusOK })
}

func wantOut(t *testing.T, srv *harness.Server, token string) {
	t.Helper()
	harness.Eventually(t, "the token is refused", func() bool {
		return srv.With(t, token).Get("/v1/classes").Status == http.StatusUnauthorized
	})
	srv.With(t, token).Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_invalid")
}

func TestKeySet(t *testing.T) {
	t.Parallel()
	keys := []harness.Key{
		harness.NewKey(t, jwa.RS256, "r1"), harness.NewKey(t, jwa.ES256, "e1"), harness.NewKey(t, jwa.EdDSA, "d1"),
	}
	issuer := harness.NewIssuer(t, keys...)
	srv := startWithKeys(t, issuer.URL)
	wantIn(t, srv, keys[0].Token(t, anna))

	for _, key := range keys {
		t.Run(string(key.Algorithm)+" signs in, and may do what its role may", func(t *testing.T) {
			teacher := srv.With(t, key.Token(t, anna))
			class := teacher.CreateClass("Biology")
			teacher.Stream(class.ID).Ready()
			teacher.Do("POST", "/v1/session", nil).Want(http.StatusNoContent)
			srv.With(t, key.Token(t, ben)).Do("POST", "/v1/classes", map[string]string{"name": "Mine"}).WantProblem(http.StatusForbidden, "forbidden")
		})
		t.Run(string(key.Algorithm)+" without a kid is the only key's", func(t *testing.T) {
			nameless := key
			nameless.Private = harness.JWK(t, rawKey(t, key))
			srv.With(t, nameless.Token(t, anna)).Get("/v1/classes").Want(http.StatusOK)
		})
	}
	t.Run("there is no development mode, and no secret", func(t *testing.T) {
		srv.With(t, "").Get("/dev/session").Want(http.StatusNotFound)
		if _, err := os.Stat(filepath.Join(srv.Data, "jwt-secret")); err == nil {
			t.Error("a secret was made")
		}
		srv.As(t, anna).Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_invalid")
	})
	t.Run("tokens with known keys ask nothing of the provider", func(t *testing.T) {
		if n := issuer.Fetches(); n != 1 {
			t.Errorf("%d fetches", n)
		}
	})
	t.Run("what was refused is counted by reason", func(t *testing.T) {
		metrics := string(srv.With(t, "").Get("/metrics").Want(http.StatusOK).Body)
		for _, series := range []string{`homeroom_token_failures_total{reason="algorithm"} 1`, `homeroom_jwks_fetches_total{result="ok"} 1`} {
			if !strings.Contains(metrics, series) {
				t.Errorf("no %s", series)
			}
		}
	})
}

func TestKeyRotation(t *testing.T) {
	t.Parallel()
	older, newer := harness.NewKey(t, jwa.ES256, "older"), harness.NewKey(t, jwa.RS256, "newer")
	issuer := harness.NewIssuer(t, older)
	srv := startWithKeys(t, issuer.URL, "--jwks-cooldown", "200ms") // and a refresh that is far away
	kept := older.Token(t, anna)
	wantIn(t, srv, kept)

	t.Run("a new key is fetched when a token comes with it", func(t *testing.T) {
		issuer.Publish(older, newer)
		wantIn(t, srv, newer.Token(t, anna))
		srv.With(t, kept).Get("/v1/classes").Want(http.StatusOK)
	})
	t.Run("a key that is withdrawn takes its tokens along, known ones too", func(t *testing.T) {
		issuer.Publish(newer)
		forged := harness.NewKey(t, jwa.ES256, "forged").Token(t, root)
		harness.Eventually(t, "the set is fetched", func() bool {
			srv.With(t, forged).Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_invalid")
			return srv.With(t, kept).Get("/v1/classes").Status == http.StatusUnauthorized
		})
		srv.With(t, kept).Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_invalid")
		srv.With(t, newer.Token(t, anna)).Get("/v1/classes").Want(http.StatusOK)
	})
	t.Run("another key under the same kid is another key", func(t *testing.T) {
		twin := harness.NewKey(t, jwa.RS256, "newer")
		last := newer.Token(t, anna)
		srv.With(t, last).Get("/v1/classes").Want(http.StatusOK)
		issuer.Publish(twin)
		unknown := harness.NewKey(t, jwa.ES256, "unknown").Token(t, root)
		harness.Eventually(t, "the set is fetched", func() bool {
			srv.With(t, unknown).Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_invalid")
			return srv.With(t, last).Get("/v1/classes").Status == http.StatusUnauthorized
		})
		srv.With(t, twin.Token(t, anna)).Get("/v1/classes").Want(http.StatusOK)
	})
}

// TestKeyStorm has 200 forged tokens, each with a kid of its own, come while the provider is slow.
func TestKeyStorm(t *testing.T) {
	t.Parallel()
	const (
		storm    = 200
		cooldown = 2 * time.Second
	)
	key, forger := harness.NewKey(t, jwa.ES256, "good"), harness.NewKey(t, jwa.ES256, "bad")
	issuer := harness.NewIssuer(t, key)
	srv := startWithKeys(t, issuer.URL, "--jwks-cooldown", cooldown.String())
	wantIn(t, srv, key.Token(t, anna))
	tokens := make([]string, storm)
	for i := range tokens {
		tokens[i] = harness.Sign(t, jwa.ES256, harness.JWK(t, rawKey(t, forger), "kid", fmt.Sprintf("forged %d", i)), root.Claims(time.Hour))
	}
	issuer.Hold()
	probe := srv.With(t, tokens[0])
	harness.Eventually(t, "a fetch begins that does not end", func() bool {
		probe.Get("/v1/classes").Want(http.StatusUnauthorized)
		return issuer.Fetches() > 1
	})

	began := time.Now()
	forgers := func() {
		var answers sync.WaitGroup
		defer answers.Wait()
		for _, token := range tokens {
			answers.Go(func() {
				resp, err := srv.With(t, token).Unchecked().Send(context.WithoutCancel(t.Context()), harness.Call{Method: http.MethodGet, Path: "/v1/classes"})
				if err != nil || resp.Status != http.StatusUnauthorized {
					t.Errorf("a forged token: %v, %v", resp, err)
				}
			})
		}
	}
	var slow sync.WaitGroup
	slow.Go(forgers)
	for range 50 {
		srv.With(t, key.Token(t, anna)).Get("/v1/classes").Want(http.StatusOK) // one that isn't known, each time
	}
	took := time.Since(began)
	slow.Wait()
	t.Logf("50 good tokens took %s beside %d forged ones, which took %s", took, storm, time.Since(began))
	issuer.Release()
	forgers()                                                                       // while the provider is fast
	if allowed := 2 + int(time.Since(began)/cooldown); issuer.Fetches() > allowed { // the first, and one a cooldown
		t.Errorf("%d fetches, want at most %d", issuer.Fetches(), allowed)
	}
}

func TestKeyOutage(t *testing.T) {
	t.Parallel()
	first, second := harness.NewKey(t, jwa.EdDSA, "first"), harness.NewKey(t, jwa.EdDSA, "second")
	issuer := harness.NewIssuer(t, first)
	srv := startWithKeys(t, issuer.URL, "--jwks-cooldown", "50ms", "--jwks-refresh", "200ms")
	token := first.Token(t, anna)
	wantIn(t, srv, token)

	for what, breakIt := range map[string]func(){
		"connections break":  issuer.Break,
		"it answers HTML":    func() { issuer.PublishDocument([]byte("<html>Back soon</html>")) },
		"the set is too big": func() { issuer.PublishDocument([]byte(`{"keys":[],"x":"` + strings.Repeat("x", 1<<20) + `"}`)) },
		"it has 101 keys":    func() { issuer.PublishDocument([]byte(`{"keys":[{}` + strings.Repeat(",{}", 100) + `]}`)) },
	} {
		t.Run(what+", and the last set stays in use", func(t *testing.T) {
			count := len(srv.Logs().Records("key set can't be fetched"))
			breakIt()
			seen := issuer.Fetches()
			harness.Eventually(t, "three fetches fail", func() bool { return issuer.Fetches() > seen+3 })
			srv.With(t, token).Get("/v1/classes").Want(http.StatusOK)
			srv.With(t, first.Token(t, ben)).Get("/v1/classes").Want(http.StatusOK)
			srv.With(t, "").Get("/readyz").Want(http.StatusOK)
			if n := len(srv.Logs().Records("key set can't be fetched")); n != count+1 {
				t.Errorf("logged %d times", n-count)
			}
			again := len(srv.Logs().Records("key set is fetched again"))
			issuer.Mend()
			issuer.Publish(first)
			harness.Eventually(t, "it is fetched again", func() bool { return len(srv.Logs().Records("key set is fetched again")) > again })
		})
	}
	t.Run("what changed meanwhile counts afterwards", func(t *testing.T) {
		issuer.Break()
		issuer.Publish(second)
		issuer.Mend()
		wantOut(t, srv, token)
		wantIn(t, srv, second.Token(t, anna))
	})
	t.Run("an empty set is a set", func(t *testing.T) {
		issuer.Publish()
		wantOut(t, srv, second.Token(t, anna))
		srv.With(t, "").Get("/readyz").Want(http.StatusOK)
	})
}

// TestKeysLate starts a server before its identity provider.
func TestKeysLate(t *testing.T) {
	t.Parallel()
	key := harness.NewKey(t, jwa.ES256, "only")
	issuer := harness.NewIssuer(t, key)
	issuer.Break()
	source := strings.Replace(issuer.URL, "http://", "http://homeroom:opensesame@", 1) + "?key=opensesame"
	srv := startWithKeys(t, source, "--jwks-cooldown", "100ms")
	srv.WaitLog(t, "key set can't be fetched", nil)
	token := key.Token(t, anna)
	const class = "01890a5d-ac96-774b-bcce-b302099a8057"

	t.Run("it isn't ready, and says to come back", func(t *testing.T) {
		srv.With(t, "").Get("/healthz").Want(http.StatusOK)
		srv.With(t, "").Get("/readyz").WantProblem(http.StatusServiceUnavailable, "unavailable")
		resp := srv.With(t, token).Get("/v1/classes")
		resp.WantProblem(http.StatusServiceUnavailable, "unavailable")
		if resp.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})
	t.Run("a stream is told so in band", func(t *testing.T) {
		srv.With(t, token).Stream(class).WaitClosing("unavailable")
		srv.With(t, token).Stream(harness.AllClasses).WaitClosing("unavailable")
	})
	t.Run("what can't be a good token is refused all the same", func(t *testing.T) {
		srv.With(t, "").Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_missing")
		srv.With(t, "garbage").Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_invalid")
		srv.As(t, anna).Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_invalid")
	})
	t.Run("once there are keys, it is as ever", func(t *testing.T) {
		issuer.Mend()
		wantIn(t, srv, token)
		srv.With(t, "").Get("/readyz").Want(http.StatusOK)
	})
	t.Run("the log has no credentials", func(t *testing.T) {
		if all := strings.Join(srv.Logs().Lines(), "\n"); strings.Contains(all, "opensesame") || !strings.Contains(all, "/keys") {
			t.Errorf("the log:\n%s", all)
		}
	})
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.json")
	write := func(document []byte) {
		t.Helper()
		if err := os.WriteFile(path+".new", document, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	first, second := harness.NewKey(t, jwa.EdDSA, "first"), harness.NewKey(t, jwa.ES256, "second")
	srv := startWithKeys(t, path)
	token := first.Token(t, anna)
	srv.With(t, token).Get("/v1/classes").WantProblem(http.StatusServiceUnavailable, "unavailable")

	t.Run("a file that comes later is read, and private parts are left out of use", func(t *testing.T) {
		write(harness.KeySet(t, first.Private))
		wantIn(t, srv, token)
	})
	t.Run("one that is replaced is read again", func(t *testing.T) {
		write(harness.KeySet(t, second.Public(t)))
		wantOut(t, srv, token)
		srv.With(t, second.Token(t, anna)).Get("/v1/classes").Want(http.StatusOK)
	})
	t.Run("one that makes no sense changes nothing", func(t *testing.T) {
		before := len(srv.Logs().Records("key set can't be fetched"))
		write([]byte(`{"keys":`))
		harness.Eventually(t, "it is looked at", func() bool { return len(srv.Logs().Records("key set can't be fetched")) > before })
		srv.With(t, second.Token(t, ben)).Get("/v1/classes").Want(http.StatusOK)
	})
}

func TestKeyRoles(t *testing.T) {
	t.Parallel()
	key := harness.NewKey(t, jwa.ES256, "only")
	srv := startWithKeys(t, harness.NewIssuer(t, key).URL,
		"--jwt-role-claim", "realm_access.roles", "--jwt-role-map", "staff=teacher,it=admin,pupil=student")
	wantIn(t, srv, key.Token(t, harness.User{ID: "anna"}))
	claims := func(roles any) map[string]any {
		return map[string]any{"sub": "anna", "exp": time.Now().Add(time.Hour).Unix(), "role": "admin", "realm_access": map[string]any{"roles": roles}}
	}
	for what, tt := range map[string]struct {
		roles                      any
		in, mayCreate, administers bool
	}{
		"staff teaches":            {[]string{"offline_access", "staff"}, true, true, false},
		"the widest counts":        {[]string{"it", "staff", "pupil"}, true, true, true},
		"a text will do":           {"staff", true, true, false},
		"none of ours: a student":  {[]string{"offline_access"}, true, false, false},
		"nobody is admin by name":  {[]string{"admin", "teacher"}, true, false, false},
		"a text that isn't mapped": {"admin", false, false, false},
		"a number":                 {7, false, false, false},
	} {
		t.Run(what, func(t *testing.T) {
			c := srv.With(t, harness.Sign(t, key.Algorithm, key.Private, claims(tt.roles)))
			if !tt.in {
				c.Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_invalid")
				return
			}
			if status := c.Do("POST", "/v1/classes", map[string]string{"name": "Mine"}).Status; (status == http.StatusCreated) != tt.mayCreate {
				t.Errorf("creating a class: status %d", status)
			}
			if status := c.Get("/v1/admin/connections").Status; (status == http.StatusOK) != tt.administers {
				t.Errorf("listing connections: status %d", status)
			}
		})
	}
}
