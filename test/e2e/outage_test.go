package e2e_test

import (
	"errors"
	"net/http"
	"strconv"
	"testing"

	"homeroom/test/harness"
	"homeroom/test/pgtest"
)

func TestOutage(t *testing.T) {
	t.Parallel()
	for what, takeDown := range map[string]func(*pgtest.Cluster){
		"the database is shut down": (*pgtest.Cluster).Stop,
		"the database crashes":      (*pgtest.Cluster).Kill,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			cluster := pgtest.StartCluster(t)
			r := openRoom(t, harness.Options{
				DatabaseURL: cluster.URL("postgres"), Args: []string{"--heartbeat", "300ms", "--retry", "100ms"},
			})
			stream := r.as(t, dora).Stream(r.class)
			stream.Ready()
			follower := r.as(t, dora).Follow(r.class, stream.Cursor()).Live()
			before := r.as(t, ben).Post(r.class, "before")
			stream.WaitFor("the message", harness.Created("before"))

			takeDown(cluster)
			checkUnavailable(t, r, before.ID)
			stream.WaitFor("a heartbeat in the outage", harness.OfType("heartbeat"))
			stream.Quiet(3)

			cluster.Start()
			checkRecovery(t, r, stream, follower, before.Seq)
		})
	}
}

// checkUnavailable calls a server whose database is down: everything that
// needs it answers 503 and when to try again, and the process stays alive.
func checkUnavailable(t *testing.T, r room, message string) {
	t.Helper()
	calls := []harness.Call{
		{Method: "POST", Path: r.path("messages"), Body: map[string]string{"text": "in the outage"}},
		{Method: "PATCH", Path: r.path("messages", message), Body: map[string]string{"text": "edited in the outage"}},
		{Method: "DELETE", Path: r.path("messages", message)},
		{Method: "PUT", Path: r.path("members", finn.ID), Body: map[string]string{"role": "student"}},
		{Method: "PATCH", Path: r.path(), Body: map[string]string{"name": "Renamed in the outage"}},
		{Method: "POST", Path: "/v1/classes", Body: map[string]string{"name": "Made in the outage"}},
		{Method: "GET", Path: r.path("messages")},
		{Method: "GET", Path: "/v1/classes"},
	}
	users := []harness.User{ben, ben, ben, anna, anna, anna, ben, ben}
	for i, call := range calls {
		resp := r.as(t, users[i]).Do(call.Method, call.Path, call.Body)
		resp.WantProblem(http.StatusServiceUnavailable, "unavailable")
		if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err != nil || seconds < 1 {
			t.Errorf("%s %s: Retry-After %q", call.Method, call.Path, resp.Header.Get("Retry-After"))
		}
	}
	anyone := r.srv.With(t, "")
	anyone.Get("/healthz").Want(http.StatusOK)
	anyone.Get("/readyz").WantProblem(http.StatusServiceUnavailable, "unavailable")
	anyone.Get("/metrics").Want(http.StatusOK)
}

// checkRecovery posts as soon as that is possible again; the stream that was
// open all the time must deliver it, and nothing that was refused.
func checkRecovery(t *testing.T, r room, stream *harness.Stream, follower *harness.Follower, seq int64) {
	t.Helper()
	var after harness.Message
	poster := r.as(t, ben)
	harness.Eventually(t, "posting works again", func() bool {
		m, err := poster.TryPost(t.Context(), r.class, "after")
		if err == nil {
			after = m
			return true
		}
		refused := (*harness.Refused)(nil)
		if !errors.As(err, &refused) || refused.Response.Status != http.StatusServiceUnavailable {
			t.Fatalf("on the way back: %v", err)
		}
		return false
	})
	harness.Eventually(t, "the server is ready again", func() bool {
		return r.srv.With(t, "").Get("/readyz").Status == http.StatusOK
	})
	f := stream.WaitFor("the message after the outage", harness.Created("after"))
	if f.Parsed.Seq != after.Seq || !stream.Open() {
		t.Errorf("delivered %s, posted %d", f.Data, after.Seq)
	}
	follower.WaitSeq(after.Seq)
	follower.Stop()
	if n := follower.Connections(); n != 1 {
		t.Errorf("the follower had to connect %d times", n)
	}
	if after.Seq != seq+1 {
		t.Errorf("seq %d follows %d: what was answered 503 is in the log", after.Seq, seq)
	}
}
