package harness

import (
	"testing"

	"homeroom/test/pgtest"
)

// The databases that every story must hold on.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// EachDatabase runs the story once on every database, side by side. Without
// a PostgreSQL on the machine its half is skipped, and says so.
func EachDatabase(t *testing.T, story func(t *testing.T, db string)) {
	t.Helper()
	for _, db := range []string{SQLite, Postgres} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			story(t, db)
		})
	}
}

// databaseURL gives a server its database: a new, empty one on PostgreSQL, and
// no URL at all for SQLite, which lives in the data folder.
func databaseURL(tb testing.TB, db string) string {
	tb.Helper()
	switch db {
	case "", SQLite:
		return ""
	case Postgres:
		return pgtest.URL(tb)
	default:
		tb.Fatalf("unknown kind of database %q", db)
		return ""
	}
}
