package e2e_test

import (
	"testing"
	"time"

	"homeroom/test/harness"
)

// TestVanishedClients is about clients that are gone without a word, of which TCP itself is sure only after a quarter of an
// hour: a laptop out of reach, a router without power.
func TestVanishedClients(t *testing.T) {
	t.Parallel()
	harness.InNamespace(t, func(t *testing.T, link *harness.Link) {
		const patience = 3 * time.Second
		r := openRoom(t, harness.Options{Args: []string{"--heartbeat", "500ms", "--peer-timeout", patience.String()}})
		r.as(t, anna).Post(r.class, "before")
		files := r.srv.FDs(t)
		var streams []*harness.Stream
		for _, user := range []harness.User{ben, clio, dora} {
			s := r.as(t, user).Stream(r.class)
			s.Ready()
			streams = append(streams, s)
		}
		link.Down()
		down := time.Now()
		for _, s := range streams {
			r.srv.WaitLog(t, "stream closed", map[string]string{"connection": s.Frames()[0].Parsed.Connection})
		}
		if took := time.Since(down); took < patience/2 || took > 10*patience {
			t.Errorf("given up after %v", took)
		}
		if n := r.srv.FDs(t); n > files {
			t.Errorf("%d descriptors are open, %d before", n, files)
		}
		link.Up()
		r.as(t, anna).Post(r.class, "after")
		for _, s := range streams {
			again := s.Resume()
			again.Ready()
			wantExactly(t, again, r.as(t, anna), r.class, "after")
		}
	})
}
