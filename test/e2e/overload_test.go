package e2e_test

import (
	"testing"

	"homeroom/test/harness"
)

// TestOverload is about a process that has more memory in use than it may have: a limit that no process stays below.
func TestOverload(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{Args: []string{"--memory-limit", "1"}})
	srv.WaitLog(t, "memory", nil)
	r := furnish(t, srv)

	t.Run("a stream is turned away in a way that an EventSource comes back from", func(t *testing.T) {
		r.as(t, ben).Stream(r.class).WaitClosing("overloaded")
	})
	t.Run("messages are posted and read all the same", func(t *testing.T) {
		r.as(t, anna).Post(r.class, "no streams today")
		r.as(t, ben).Get(r.path("messages")).Want(200)
	})
	t.Run("a long poll is told to try again", func(t *testing.T) {
		r.as(t, ben).Get(r.path("events")).WantProblem(503, "unavailable")
	})
}
