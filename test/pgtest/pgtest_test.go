package pgtest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"homeroom/test/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestURL(t *testing.T) {
	t.Run("on a cluster of this process", func(t *testing.T) {
		t.Setenv(pgtest.Env, "")
		testURL(t)
	})
	t.Run("on the cluster that is given", func(t *testing.T) {
		t.Setenv(pgtest.Env, pgtest.StartCluster(t).URL("postgres"))
		testURL(t)
	})
}

func testURL(t *testing.T) {
	other := mustConnect(t, pgtest.URL(t))
	var name string
	t.Run("two tests don't see each other", func(t *testing.T) {
		conn := mustConnect(t, pgtest.URL(t))
		name = mustQuery[string](t, conn, "SELECT current_database()")
		if name == mustQuery[string](t, other, "SELECT current_database()") {
			t.Fatalf("both have %s", name)
		}
		for _, c := range []*pgx.Conn{conn, other} {
			mustExec(t, c, "CREATE TABLE mine (n int)")
		}
	})
	if mustQuery[bool](t, other, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name) {
		t.Errorf("%s is still there after its test", name)
	}
}

// What doc.go promises of a throwaway cluster.
func TestSettings(t *testing.T) {
	t.Setenv(pgtest.Env, "")
	conn := mustConnect(t, pgtest.URL(t))
	for name, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
		"listen_addresses": "", "max_connections": "300", "server_encoding": "UTF8",
	} {
		if got := mustQuery[string](t, conn, "SELECT current_setting($1)", name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if mustQuery[int](t, conn, "SELECT current_setting('server_version_num')::int") >= 150000 &&
		!mustQuery[bool](t, conn, "SELECT 'alice' < 'Bob'") {
		t.Error("text is sorted by bytes")
	}
}

func TestCluster(t *testing.T) {
	cluster := pgtest.StartCluster(t)
	conn := mustConnect(t, cluster.URL("postgres"))
	mustExec(t, conn, "CREATE TABLE kept (n int)")
	mustExec(t, conn, "INSERT INTO kept VALUES (1)")

	for name, down := range map[string]func(){"stop": cluster.Stop, "kill": cluster.Kill} {
		down()
		down() // is no error when it's down
		if conn, err := pgx.Connect(t.Context(), cluster.URL("postgres")); err == nil {
			_ = conn.Close(t.Context())
			t.Errorf("%s: it still answers", name)
		}
		if err := conn.Ping(t.Context()); err == nil {
			t.Errorf("%s: an open connection survived", name)
		}
		cluster.Start()
		cluster.Start()
		conn = mustConnect(t, cluster.URL("postgres"))
		if n := mustQuery[int](t, conn, "SELECT count(*) FROM kept"); n != 1 {
			t.Errorf("%s: %d rows are left of 1", name, n)
		}
	}
}

func mustConnect(t *testing.T, at string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func mustExec(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func mustQuery[T any](t *testing.T, conn *pgx.Conn, query string, args ...any) T {
	t.Helper()
	var v T
	if err := conn.QueryRow(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}
