// Package e2e_test tells the stories of the first delivery against the real
// binary: what users do over HTTP, what they see on the stream, and what they
// must never see, on SQLite and on PostgreSQL.
package e2e_test

import (
	"os"
	"testing"

	"homeroom/test/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
