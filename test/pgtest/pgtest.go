package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Env names the environment variable that holds the URL of a cluster to use
// instead of a throwaway one. Its user must be allowed to create databases.
const Env = "HOMEROOM_TEST_POSTGRES"

// patience bounds every wait for PostgreSQL. It is generous because it only
// matters when something is broken.
const patience = time.Minute

// shared is the one throwaway cluster of this process, started by the first URL.
var shared struct {
	mu     sync.Mutex // guards server
	server *Server
}

// URL returns the URL of a new, empty database that only this test knows of. It
// is dropped when the test ends, whoever is still connected to it.
//
// Without PostgreSQL the test is skipped, except where CI=true: there it fails.
func URL(tb testing.TB) string {
	tb.Helper()
	admin, err := adminURL()
	if err != nil {
		giveUp(tb, err)
	}
	name := "homeroom_test_" + strings.ToLower(rand.Text())
	if err := execute(admin, "CREATE DATABASE "+quote(name)+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		tb.Fatalf("pgtest: create database: %v", err)
	}
	tb.Cleanup(func() {
		if err := execute(admin, "DROP DATABASE "+quote(name)+" WITH (FORCE)"); err != nil {
			tb.Errorf("pgtest: drop database: %v", err)
		}
	})
	at, err := withDatabase(admin, name)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	return at
}

// Main runs the tests of a package and stops the throwaway cluster after them:
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
// A package that forgets it leaks no process, only a folder until the next run.
func Main(m *testing.M) {
	code := m.Run()
	if err := Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// Stop stops the throwaway cluster behind URL, if one was started. It is for a
// TestMain that does more than [Main].
func Stop() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil {
		return nil
	}
	err := shared.server.Close()
	shared.server = nil
	return err
}

// adminURL returns the URL of a database to create others from.
func adminURL() (string, error) {
	if given := os.Getenv(Env); given != "" {
		return given, nil
	}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil {
		server, err := Launch()
		if err != nil {
			return "", err
		}
		shared.server = server
	}
	return shared.server.URL("postgres"), nil
}

// giveUp ends a test that can't have its PostgreSQL: CI must never be green for
// want of a database, while someone who changes a comment need not install one.
func giveUp(tb testing.TB, err error) {
	tb.Helper()
	if !errors.Is(err, ErrMissing) || os.Getenv("CI") == "true" {
		tb.Fatalf("pgtest: %v", err)
	}
	sayMissing()
	tb.Skipf("NOT TESTED on PostgreSQL: %v", err)
}

// sayMissing tells it once on the terminal too: go test hides the reason of a skip.
var sayMissing = sync.OnceFunc(func() {
	fmt.Fprintf(os.Stderr, "pgtest: SKIPPING ALL TESTS ON POSTGRESQL: %v\n", ErrMissing)
})

// execute runs one statement on a connection of its own.
func execute(at, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, at)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// quote makes an identifier of a name.
func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// withDatabase returns the URL of another database of the same cluster.
func withDatabase(at, name string) (string, error) {
	u, err := url.Parse(at)
	if err != nil {
		return "", fmt.Errorf("%s must be a URL: %w", Env, err)
	}
	u.Path = "/" + name
	return u.String(), nil
}
