package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"homeroom/test/harness"
)

func TestToken(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{})
	secret := []string{"HOMEROOM_JWT_SECRET=" + harness.Secret}

	t.Run("a printed token opens the API", func(t *testing.T) {
		token := harness.Run(t, secret, "token", "--sub", "tina", "--role", "teacher", "--name", "Tina T.").Must(t).Stdout
		if strings.Count(token, "\n") != 1 {
			t.Errorf("printed %q, want one line", token)
		}
		client := srv.With(t, strings.TrimSpace(token))
		class := client.CreateClass("Tina's class")
		var m harness.Member
		client.Get(harness.ClassPath(class.ID, "members", "tina")).Want(http.StatusOK).Into(&m)
		if m.Name == nil || *m.Name != "Tina T." {
			t.Errorf("the token's name is %v", m.Name)
		}
	})

	t.Run("its time to live counts", func(t *testing.T) {
		token := harness.Run(t, secret, "token", "--sub", "tina", "--role", "teacher", "--ttl", "1s").Must(t).Stdout
		client := srv.With(t, strings.TrimSpace(token))
		harness.Eventually(t, "the token expires", func() bool {
			return client.Get("/v1/classes").Status == http.StatusUnauthorized
		})
		client.Get("/v1/classes").WantProblem(http.StatusUnauthorized, "token_expired")
	})

	t.Run("in development it is signed with the server's own secret", func(t *testing.T) {
		dev := harness.Start(t, harness.Options{Development: true})
		token := harness.Run(t, nil, "token", "--sub", "tina", "--role", "teacher", "--data", dev.Data).Must(t).Stdout
		dev.With(t, strings.TrimSpace(token)).CreateClass("Tina's class")
	})

	t.Run("keys alone sign nothing", func(t *testing.T) {
		data := t.TempDir()
		result := harness.Run(t, []string{"HOMEROOM_JWKS=https://id.school.example/keys"}, "token", "--sub", "tina", "--data", data)
		if result.Code != 1 || len(result.Stderr) != 1 || !strings.Contains(result.Stderr[0], "HOMEROOM_JWT_SECRET") || result.Stdout != "" {
			t.Errorf("exit code %d, stderr %q", result.Code, result.Stderr)
		}
	})

	t.Run("it says the role as the service reads it", func(t *testing.T) {
		env := append([]string{"HOMEROOM_JWT_ROLE_CLAIM=realm_access.roles", "HOMEROOM_JWT_ROLE_MAP=staff=teacher"}, secret...)
		token := harness.Run(t, env, "token", "--sub", "tina", "--role", "teacher").Must(t).Stdout
		mapped := harness.Start(t, harness.Options{Env: env})
		mapped.With(t, strings.TrimSpace(token)).CreateClass("Tina's class")
		if result := harness.Run(t, env, "token", "--sub", "tina", "--role", "admin"); result.Code != 1 || result.Stdout != "" {
			t.Errorf("a role without a name: exit code %d, stdout %q", result.Code, result.Stdout)
		}
	})

	t.Run("what can't be a token is refused", func(t *testing.T) {
		for _, args := range [][]string{
			{}, {"--sub", ""}, {"--sub", "a b"}, {"--sub", strings.Repeat("x", 129)}, {"--sub", "tina", "--role", "queen"},
			{"--sub", "tina", "--ttl", "-1h"}, {"--sub", "tina", "--ttl", "never"},
		} {
			result := harness.Run(t, secret, append([]string{"token"}, args...)...)
			if result.Code == 0 || result.Stdout != "" || len(result.Stderr) == 0 {
				t.Errorf("token %s: exit code %d, stdout %q, stderr %q", strings.Join(args, " "), result.Code, result.Stdout, result.Stderr)
			}
		}
	})
}

func TestVersion(t *testing.T) {
	t.Parallel()
	result := harness.Run(t, nil, "version").Must(t)
	if strings.TrimSpace(result.Stdout) == "" || strings.Count(result.Stdout, "\n") != 1 {
		t.Errorf("printed %q", result.Stdout)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})
		r := furnish(t, srv)
		r.as(t, ben).Post(r.class, "kept over a migration")
		if code := srv.Terminate(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		var env []string
		if srv.DataURL != "" {
			env = append(env, "HOMEROOM_DATABASE_URL="+srv.DataURL)
		}
		t.Run("a database that is up to date stays as it is", func(t *testing.T) {
			harness.Run(t, env, "migrate", "--data", srv.Data).Must(t)
			harness.Run(t, env, "migrate", "--data", srv.Data).Must(t)
			srv.Restart()
			if got := texts(r.as(t, anna).Messages(r.class)); len(got) != 1 || got[0] != "kept over a migration" {
				t.Errorf("after it: %v", got)
			}
		})
	})
	t.Run("an empty folder gets its database", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		harness.Run(t, nil, "migrate", "--data", data).Must(t)
		furnish(t, harness.Start(t, harness.Options{Data: data}))
	})
	t.Run("the epoch is rotated only while nobody serves the data folder", func(t *testing.T) {
		t.Parallel()
		srv := harness.Start(t, harness.Options{})
		result := harness.Run(t, nil, "epoch", "rotate", "--data", srv.Data)
		if result.Code != 1 || len(result.Stderr) != 1 {
			t.Errorf("exit code %d, stderr %q", result.Code, result.Stderr)
		}
	})
}

func TestTail(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db, Args: []string{"--retry", "100ms"}})
		token := dora.Token(t, harness.Patience*10)

		t.Run("in a pipe it prints the events as lines of JSON, over a restart too", func(t *testing.T) {
			tail := harness.Launch(t, nil, "tail", r.class, "--url", r.srv.URL, "--token", token)
			var live harness.Message
			harness.Eventually(t, "tail is live", func() bool { // it may say nothing before the first event
				live = r.as(t, ben).Post(r.class, "are you there?")
				return strings.Contains(tail.Stdout().String(), "are you there?")
			})
			r.as(t, ben).Post(r.class, "before the restart")
			waitLine(t, tail, "before the restart")
			if code := r.srv.Terminate(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			r.srv.Restart()
			postAll(r.as(t, ben), r.class, "one", "two", "three")
			waitLine(t, tail, "three")
			r.srv.Kill9()
			r.srv.Restart()
			postAll(r.as(t, ben), r.class, "after the crash")
			waitLine(t, tail, "after the crash")
			tail.Signal(syscall.SIGINT)
			if code := tail.WaitExit(); code != 0 && code != 130 {
				t.Errorf("exit code %d after an interrupt", code)
			}
			checkTail(t, tail, live.Seq)
		})

		t.Run("it takes its settings from the environment", func(t *testing.T) {
			tail := harness.Launch(t, []string{"HOMEROOM_URL=" + r.srv.URL, "HOMEROOM_TOKEN=" + token}, "tail", r.class)
			harness.Eventually(t, "tail is live", func() bool {
				r.as(t, ben).Post(r.class, "by environment")
				return strings.Contains(tail.Stdout().String(), "by environment")
			})
		})

		t.Run("it gives up where coming back is of no use", func(t *testing.T) {
			for what, args := range map[string][]string{
				"a class that is not there": {"tail", "01890a5d-ac96-774b-bcce-b302099a8057", "--url", r.srv.URL, "--token", token},
				"a token of no use":         {"tail", r.class, "--url", r.srv.URL, "--token", token[:len(token)-4]},
			} {
				result := harness.Run(t, nil, args...)
				if result.Code != 1 || len(result.Stderr) == 0 || strings.Contains(strings.Join(result.Stderr, ""), token[:40]) {
					t.Errorf("%s: exit code %d, stderr %q", what, result.Code, result.Stderr)
				}
			}
		})
	})
}

func waitLine(t *testing.T, tail *harness.Command, text string) {
	t.Helper()
	tail.Stdout().WaitLine(t, text, func(line string) bool { return strings.Contains(line, text) })
}

// checkTail wants nothing but JSON in the output, and in it every event once.
func checkTail(t *testing.T, tail *harness.Command, from int64) {
	t.Helper()
	next := int64(0)
	for _, line := range tail.Stdout().Lines() {
		var e harness.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Type == "" {
			t.Fatalf("line %q: %v", line, err)
		}
		if !e.OfClass() {
			continue
		}
		if next != 0 && e.Seq != next {
			t.Errorf("seq %d where %d is next", e.Seq, next)
		}
		next = e.Seq + 1
	}
	if next < from {
		t.Errorf("the last seq printed is %d", next-1)
	}
}
