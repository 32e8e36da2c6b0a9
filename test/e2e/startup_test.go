package e2e_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeroom/test/harness"
)

// TestStartup has a server refuse to start, with one line that says why.
func TestStartup(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("not a folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	running := harness.Start(t, harness.Options{})
	secret := "HOMEROOM_JWT_SECRET=" + harness.Secret

	tests := []struct {
		what string
		env  []string
		args []string
		says string // a word of the line that helps
	}{
		{"the data folder is a file", []string{secret}, []string{"--data", file}, file},
		{"the data folder can't be made", []string{secret}, []string{"--data", filepath.Join(file, "below")}, file},
		{"the port is taken", []string{secret}, []string{"--addr", taken.Addr().String()}, taken.Addr().String()},
		{"the address makes no sense", []string{secret}, []string{"--addr", "127.0.0.1:high"}, "high"},
		{"the database does not answer", []string{secret}, []string{"--database-url", "postgres://nobody@127.0.0.1:1/none?sslmode=disable"}, "database"},
		{"the database is of another kind", []string{secret}, []string{"--database-url", "mysql://root@127.0.0.1/homeroom"}, "database"},
		{"the database URL makes no sense", []string{secret}, []string{"--database-url", "postgres://%zz"}, "database"},
		{"the secret is too short", []string{"HOMEROOM_JWT_SECRET=thirty-one bytes are not enough"}, nil, "32"},
		{"there is no secret but the world listens", nil, []string{"--addr", "0.0.0.0:0"}, "secret"},
		{"there is no secret but the world listens on IPv6", nil, []string{"--addr", "[::]:0"}, "secret"},
		{"there is no secret and no host", nil, []string{"--addr", ":0"}, "secret"},
		{"another server has the data folder", []string{secret}, []string{"--data", running.Data}, running.Data},
		{"a duration makes no sense", []string{secret, "HOMEROOM_HEARTBEAT=soon"}, nil, "soon"},
		{"a duration is negative", []string{secret}, []string{"--heartbeat", "-1s"}, "heartbeat"},
		{"the log format is unknown", []string{secret}, []string{"--log", "xml"}, "xml"},
		{"a limit lets nobody through", []string{secret}, []string{"--post-limit", "0"}, "HOMEROOM_POST_LIMIT"},
		{"a proxy is no address", []string{secret}, []string{"--trusted-proxies", "proxy.example"}, "proxy.example"},
		{"the key set is at an unsafe URL", []string{"HOMEROOM_JWKS=http://me:opensesame@id.school.example/keys"}, nil, "HOMEROOM_JWKS"},
		{"the key set is at no URL", []string{"HOMEROOM_JWKS=https://me:opensesame@%zz/"}, nil, "HOMEROOM_JWKS"},
		{"a key set is no reason for a short secret", []string{"HOMEROOM_JWT_SECRET=short", "HOMEROOM_JWKS=https://127.0.0.1:1/"}, nil, "32"},
		{"the key set is fetched never", []string{secret}, []string{"--jwks-refresh", "0s"}, "HOMEROOM_JWKS_REFRESH"},
		{"the key set is fetched too rarely", []string{secret}, []string{"--jwks-refresh", "25h"}, "HOMEROOM_JWKS_REFRESH"},
		{"the key set has no cooldown", []string{secret}, []string{"--jwks-cooldown", "0s"}, "HOMEROOM_JWKS_COOLDOWN"},
		{"the skew is long", []string{secret}, []string{"--jwt-skew", "6m"}, "HOMEROOM_JWT_SKEW"},
		{"the role claim is the subject", []string{secret}, []string{"--jwt-role-claim", "sub"}, "HOMEROOM_JWT_ROLE_CLAIM"},
		{"a role is none", []string{secret}, []string{"--jwt-role-map", "staff=queen"}, "HOMEROOM_JWT_ROLE_MAP"},
		{"an origin is no origin", []string{secret}, []string{"--cors-origins", "https://school.example/path"}, "origin"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			args := []string{"serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0"}
			for i := 0; i+1 < len(tt.args); i += 2 { // replace a default, or add to them
				args = replaceFlag(args, tt.args[i], tt.args[i+1])
			}
			result := harness.Refusal(t, tt.env, args...)
			if result.Code != 1 {
				t.Errorf("exit code %d, want 1", result.Code)
			}
			if len(result.Stderr) != 1 || !strings.Contains(strings.ToLower(result.Stderr[0]), strings.ToLower(tt.says)) {
				t.Errorf("stderr is not one line about %q:\n%s", tt.says, strings.Join(result.Stderr, "\n"))
			}
			if out := strings.Join(result.Stderr, "\n") + result.Stdout; strings.Contains(out, harness.Secret) || strings.Contains(out, "opensesame") {
				t.Error("a secret is shown")
			}
		})
	}

	t.Run("a database URL's password is not shown", func(t *testing.T) {
		result := harness.Refusal(t, []string{secret}, "serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0",
			"--database-url", "postgres://nobody:opensesame@127.0.0.1:1/none?sslmode=disable")
		if out := strings.Join(result.Stderr, "\n") + result.Stdout; result.Code != 1 || strings.Contains(out, "opensesame") {
			t.Errorf("exit code %d: %s", result.Code, out)
		}
	})

	t.Run("an unknown flag or command is refused", func(t *testing.T) {
		for _, args := range [][]string{{"serve", "--prot", "80"}, {"sevre"}, {"serve", "extra"}, {"tail"}, {"epoch"}, {"epoch", "turn"}} {
			result := harness.Run(t, []string{secret, "HOMEROOM_ADDR=127.0.0.1:0", "HOMEROOM_DATA=" + t.TempDir()}, args...)
			if result.Code == 0 || len(result.Stderr) == 0 {
				t.Errorf("homeroom %s: exit code %d, stderr %q", strings.Join(args, " "), result.Code, result.Stderr)
			}
		}
	})

	t.Run("a flag wins over the environment", func(t *testing.T) {
		srv := harness.Start(t, harness.Options{Env: []string{"HOMEROOM_HEARTBEAT=1h"}, Args: []string{"--heartbeat", "250ms"}})
		r := furnish(t, srv)
		if ready := r.as(t, ben).Stream(r.class).Ready(); ready.Parsed.HeartbeatMS != 250 {
			t.Errorf("heartbeat_ms %d", ready.Parsed.HeartbeatMS)
		}
	})

	t.Run("every setting shows in the help with its default", func(t *testing.T) {
		result := harness.Run(t, nil, "serve", "-h")
		out := result.Stdout + strings.Join(result.Stderr, "\n")
		for _, word := range []string{
			"HOMEROOM_ADDR", "HOMEROOM_DATA", "HOMEROOM_DATABASE_URL", "HOMEROOM_JWT_SECRET", "HOMEROOM_CORS_ORIGINS",
			"HOMEROOM_LOG", "HOMEROOM_HEARTBEAT", "HOMEROOM_RETRY", "HOMEROOM_DRAIN", "HOMEROOM_POLL",
			"HOMEROOM_WRITE_TIMEOUT", "HOMEROOM_QUEUE", "HOMEROOM_RING", "127.0.0.1:8080", "15s", "512",
		} {
			if !strings.Contains(out, word) {
				t.Errorf("no %s in the help:\n%s", word, out)
			}
		}
		if result.Code != 0 {
			t.Errorf("exit code %d", result.Code)
		}
	})
}

// replaceFlag sets a flag's value, in place of an earlier one.
func replaceFlag(args []string, name, value string) []string {
	for i, arg := range args {
		if arg == name {
			args[i+1] = value
			return args
		}
	}
	return append(args, name, value)
}
