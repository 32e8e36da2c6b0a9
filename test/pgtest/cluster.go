package pgtest

import "testing"

// Cluster is a private throwaway cluster for a test that takes its database
// down. A step that goes wrong fails the test, so call it from the test's own goroutine.
type Cluster struct {
	tb     testing.TB
	server *Server
}

// StartCluster starts a cluster that only this test uses, and removes it when
// the test ends. Without PostgreSQL it does as [URL] does.
func StartCluster(tb testing.TB) *Cluster {
	tb.Helper()
	server, err := Launch()
	if err != nil {
		giveUp(tb, err)
	}
	c := &Cluster{tb: tb, server: server}
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Errorf("pgtest: %v", err)
		}
	})
	return c
}

// URL returns the URL of one of the cluster's databases; it stays the same over
// restarts. The database "postgres" is always there.
func (c *Cluster) URL(database string) string { return c.server.URL(database) }

// Stop shuts the cluster down in good order: clients are cut, everything is written.
func (c *Cluster) Stop() { c.must(c.server.Stop()) }

// Start brings the cluster up again and returns once it answers. After a Kill
// that includes its recovery from the log.
func (c *Cluster) Start() { c.must(c.server.Start()) }

// Kill makes the cluster crash: nothing is written on the way out.
func (c *Cluster) Kill() { c.must(c.server.Kill()) }

func (c *Cluster) must(err error) {
	c.tb.Helper()
	if err != nil {
		c.tb.Fatalf("pgtest: %v", err)
	}
}
