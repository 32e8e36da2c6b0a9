package e2e_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"homeroom/test/harness"
)

// devSession is what GET /dev/session answers.
type devSession struct {
	Class struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"class"`
	Users []struct {
		User  string `json:"user"`
		Name  string `json:"name"`
		Role  string `json:"role"`
		Token string `json:"token"`
	} `json:"users"`
}

func readDevSession(t *testing.T, srv *harness.Server) devSession {
	t.Helper()
	var session devSession
	srv.With(t, "").Get("/dev/session").Want(http.StatusOK).Into(&session)
	return session
}

func TestDevelopment(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{Development: true})

	t.Run("there is a demo class with a teacher and two students, and tokens for them", func(t *testing.T) {
		session := readDevSession(t, srv)
		roles := map[string]int{}
		for _, user := range session.Users {
			roles[user.Role]++
			c := srv.With(t, user.Token)
			if class := c.Class(session.Class.ID); class.Name != session.Class.Name || class.Role == nil || *class.Role != user.Role {
				t.Errorf("%s sees %+v", user.User, class)
			}
			if m := c.Post(session.Class.ID, "hello from "+user.Name); m.Author != user.User {
				t.Errorf("%s posts as %s", user.User, m.Author)
			}
		}
		if roles["teacher"] != 1 || roles["student"] != 2 || len(session.Users) != 3 {
			t.Errorf("users %+v", session.Users)
		}
	})

	t.Run("the terminal shows links and curl lines with tokens that work", func(t *testing.T) {
		session := readDevSession(t, srv)
		srv.Stdout().WaitLine(t, "a curl line", func(line string) bool { return strings.Contains(line, "curl") })
		harness.Eventually(t, "the banner is complete", func() bool {
			return strings.Contains(srv.Stdout().String(), harness.ClassPath(session.Class.ID, "stream"))
		})
		banner := srv.Stdout().String()
		for _, want := range []string{srv.URL + "/", "curl -N", harness.ClassPath(session.Class.ID, "messages")} {
			if !strings.Contains(banner, want) {
				t.Errorf("no %s in:\n%s", want, banner)
			}
		}
		tokens := regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`).FindAllString(banner, -1)
		if len(tokens) == 0 {
			t.Errorf("no token in:\n%s", banner)
		}
		for _, token := range tokens {
			srv.With(t, token).Get(harness.ClassPath(session.Class.ID)).Want(http.StatusOK)
		}
	})

	t.Run("the page is there", func(t *testing.T) {
		resp := srv.With(t, "").Get("/").Want(http.StatusOK)
		if got := resp.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/html") || !strings.Contains(string(resp.Body), "<html") {
			t.Errorf("Content-Type %s: %.200s", got, resp.Body)
		}
	})

	t.Run("its secret is generated once, and nobody else may read it", func(t *testing.T) {
		path := filepath.Join(srv.Data, "jwt-secret")
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v", info.Mode())
		}
		secret, err := os.ReadFile(path)
		if err != nil || len(secret) < 32 {
			t.Errorf("%d bytes, %v", len(secret), err)
		}
		before := readDevSession(t, srv)
		if code := srv.Terminate(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		srv.Restart()
		after := readDevSession(t, srv)
		if after.Class.ID != before.Class.ID {
			t.Errorf("the demo class was %s and is %s", before.Class.ID, after.Class.ID)
		}
		srv.With(t, before.Users[0].Token).Get(harness.ClassPath(before.Class.ID)).Want(http.StatusOK)
	})

	t.Run("a page of another site can't get at the tokens", func(t *testing.T) {
		c := srv.With(t, "")
		port := srv.Addr()[strings.LastIndexByte(srv.Addr(), ':'):]
		for _, host := range []string{"evil.example", "evil.example" + port, "192.168.1.7" + port, "localhost.evil.example" + port, "127.0.0.1.evil.example" + port} {
			c.Get("/dev/session", "Host", host).WantProblem(http.StatusForbidden, "forbidden")
		}
		for _, host := range []string{"localhost" + port, "127.0.0.1" + port, "[::1]" + port} {
			c.Get("/dev/session", "Host", host).Want(http.StatusOK)
		}
		resp := c.Get("/dev/session", "Origin", stranger, "Sec-Fetch-Site", "cross-site")
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("Access-Control-Allow-Origin %s", got)
		}
	})

	t.Run("with a secret of one's own there is no such session", func(t *testing.T) {
		configured := harness.Start(t, harness.Options{})
		c := configured.With(t, "")
		c.Get("/dev/session").WantProblem(http.StatusNotFound, "not_found")
		if out := configured.Stdout().String(); strings.Contains(out, "eyJ") {
			t.Errorf("the terminal shows tokens:\n%s", out)
		}
		if classes := configured.As(t, root).Get("/v1/classes").Want(http.StatusOK); !strings.Contains(string(classes.Body), `"items":[]`) {
			t.Errorf("classes %s", classes.Body)
		}
	})

	t.Run("it is the same on PostgreSQL", func(t *testing.T) {
		session := readDevSession(t, harness.Start(t, harness.Options{Development: true, Database: harness.Postgres}))
		if len(session.Users) != 3 {
			t.Errorf("users %+v", session.Users)
		}
	})

	t.Run("serve is what it does without a command", func(t *testing.T) {
		cmd := harness.Launch(t, []string{"HOMEROOM_ADDR=127.0.0.1:0", "HOMEROOM_DATA=" + t.TempDir()})
		cmd.Stdout().WaitLine(t, "a curl line", func(line string) bool { return strings.Contains(line, "curl -N") })
	})
}
