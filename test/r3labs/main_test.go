// Package r3labs_test holds the server half of github.com/r3labs/sse beside
// Homeroom: what docs/adr/0005-why-not-the-r3labs-server.md says of it is
// shown here. The client half is used, in cmd and by test/e2e.
package r3labs_test

import (
	"os"
	"testing"

	"homeroom/test/harness"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		serveChild() // until it is killed
	}
	os.Exit(harness.Main(m))
}
