package e2e_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"homeroom/test/harness"
)

// issued is a token of a user that says when it was issued.
func issued(t *testing.T, user harness.User, at time.Time) string {
	t.Helper()
	return hs256(t, with(user, map[string]any{"iat": at.Unix()}))
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db})
		nobody := r.srv.With(t, "")

		t.Run("the end of a session ends all that was done with it, and nothing else", func(t *testing.T) {
			cookie, other := openSession(t, r.as(t, ben)), openSession(t, r.as(t, ben))
			copied := nobody.Holding(cookie)
			ends, stays := copied.Stream(r.class), nobody.Holding(other).Stream(r.class)
			all := copied.Stream(harness.AllClasses)
			bearer := r.as(t, ben).Stream(r.class)
			for _, s := range []*harness.Stream{ends, stays, all, bearer} {
				s.Ready()
			}
			nobody.Holding(cookie).Do("DELETE", "/v1/session", nil).Want(http.StatusNoContent)
			r.as(t, anna).Post(r.class, "not for a stolen cookie")
			for _, s := range []*harness.Stream{ends, all} {
				s.WaitClosing("session_revoked")
				wantNot(t, s, "not for a stolen cookie")
			}
			for _, path := range []string{r.path(), r.path("stream"), r.path("events"), "/v1/stream"} {
				copied.Get(path).WantProblem(http.StatusUnauthorized, "session_revoked")
			}
			copied.Do("POST", r.path("messages"), `{"text":"x"}`).WantProblem(http.StatusUnauthorized, "session_revoked")
			copied.Do("DELETE", "/v1/session", nil).Want(http.StatusNoContent)
			for _, s := range []*harness.Stream{stays, bearer} {
				s.WaitFor("the message", harness.Created("not for a stolen cookie"))
			}
		})

		t.Run("an admin ends all that a user was issued", func(t *testing.T) {
			r.as(t, anna).AddMember(r.class, finn, "student")
			before := time.Now().Add(-time.Minute)
			old, bare := issued(t, finn, before), finn.Token(t, time.Hour)
			session := openSession(t, r.srv.With(t, old))
			made := mintStreamToken(t, r.srv.With(t, old), r.class)
			clients := []*harness.Client{r.srv.With(t, old), r.srv.With(t, bare), nobody.Holding(session)}
			streams := []*harness.Stream{nobody.Stream(r.class, made.by())}
			for _, c := range clients {
				streams = append(streams, c.Stream(r.class))
			}
			bystander := r.as(t, dora).Stream(r.class)
			for _, s := range append(streams, bystander) {
				s.Ready()
			}
			r.as(t, root).Do("DELETE", "/v1/admin/users/finn/sessions", nil).Want(http.StatusNoContent)
			r.as(t, anna).Post(r.class, "not for finn")
			for _, s := range streams {
				s.WaitClosing("session_revoked")
				wantNot(t, s, "not for finn")
			}
			for _, c := range clients {
				c.Get(r.path()).WantProblem(http.StatusUnauthorized, "session_revoked")
				c.Do("POST", "/v1/session", nil).Want(http.StatusUnauthorized)
			}
			nobody.Get(r.path("stream")+"?stream_token="+made.Token).WantProblem(http.StatusUnauthorized, "session_revoked")
			bystander.WaitFor("the message", harness.Created("not for finn"))
			r.srv.With(t, issued(t, finn, time.Now().Add(2*time.Second))).Get(r.path()).Want(http.StatusOK)
			r.srv.WaitLog(t, "audit", map[string]string{"action": "end sessions", "actor": root.ID, "target": finn.ID})
		})

		t.Run("only admins may", func(t *testing.T) {
			for _, user := range []harness.User{anna, ben} {
				r.as(t, user).Do("DELETE", "/v1/admin/users/ben/sessions", nil).WantProblem(http.StatusForbidden, "forbidden")
			}
			r.as(t, ben).Get(r.path()).Want(http.StatusOK)
			r.as(t, root).Do("DELETE", "/v1/admin/users/a%20b/sessions", nil).WantProblem(http.StatusBadRequest, "invalid_id")
		})

		t.Run("what is revoked stays so, and what isn't too, over a crash", func(t *testing.T) {
			gone, kept := openSession(t, r.as(t, ben)), openSession(t, r.as(t, ben))
			nobody.Holding(gone).Do("DELETE", "/v1/session", nil).Want(http.StatusNoContent)
			r.srv.Kill9()
			r.srv.Restart()
			nobody.Holding(gone).Get(r.path()).WantProblem(http.StatusUnauthorized, "session_revoked")
			r.srv.With(t, issued(t, finn, time.Now().Add(-time.Minute))).Get(r.path()).WantProblem(http.StatusUnauthorized, "session_revoked")
			nobody.Holding(kept).Get(r.path()).Want(http.StatusOK)
		})
	})
}

// wantNot reports a message that a stream should not have got.
func wantNot(t *testing.T, s *harness.Stream, text string) {
	t.Helper()
	for _, f := range s.Frames() {
		if harness.Created(text)(f) {
			t.Errorf("a stream that was to end has received %q", text)
		}
	}
}

// openMany opens streams of a client on a class.
func openMany(c *harness.Client, class string, n int) []*harness.Stream {
	streams := make([]*harness.Stream, n)
	for i := range streams {
		streams[i] = c.Stream(class)
		streams[i].Ready()
	}
	return streams
}

// TestRevocationInTime holds the second that is promised, by the server's own measure: from the change until the last
// frame of each stream has been written.
func TestRevocationInTime(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		const each = 40
		srv := harness.Start(t, harness.Options{Database: db})
		r, doomed := furnish(t, srv), furnish(t, srv)
		session := openSession(t, r.as(t, clio))
		removed := openMany(r.as(t, ben), r.class, each)
		deleted := openMany(doomed.as(t, ben), doomed.class, each)
		revoked := openMany(srv.With(t, "").Holding(session), r.class, each)
		kicked := openMany(r.as(t, dora), r.class, each)
		const ttl = 5 * time.Second
		expired := openMany(srv.With(t, dora.Token(t, ttl)), r.class, each)

		r.as(t, anna).RemoveMember(r.class, ben)
		doomed.as(t, anna).Do("DELETE", doomed.path(), nil).Want(http.StatusNoContent)
		srv.With(t, "").Holding(session).Do("DELETE", "/v1/session", nil).Want(http.StatusNoContent)
		for _, s := range kicked {
			id := s.Frames()[0].Parsed.Connection
			r.as(t, root).Do("DELETE", "/v1/admin/connections/"+id, nil).Want(http.StatusNoContent)
		}
		r.as(t, anna).Post(r.class, "after all that")
		for reason, streams := range map[string][]*harness.Stream{
			"removed": removed, "class_deleted": deleted, "session_revoked": revoked, "kicked": kicked,
		} {
			for _, s := range streams {
				s.WaitClosing(reason)
				wantNot(t, s, "after all that")
			}
		}
		for _, s := range expired {
			s.WaitClosing("token_expired")
		}
		wantInTime(t, srv, map[string]int{"removed": each, "class_deleted": each, "session_revoked": each, "kicked": each, "token_expired": each})
	})
}

// TestRevocationInTimeElsewhere is the same where another process makes the change.
func TestRevocationInTimeElsewhere(t *testing.T) {
	t.Parallel()
	const each = 20
	one := harness.Start(t, harness.Options{Database: harness.Postgres})
	two := harness.Start(t, harness.Options{DatabaseURL: one.DataURL})
	r, doomed := furnish(t, one), furnish(t, one)
	r.as(t, anna).AddMember(r.class, finn, "student")
	session := openSession(t, r.as(t, clio)) // made at one, good at two
	removed := openMany(two.As(t, ben), r.class, each)
	deleted := openMany(two.As(t, ben), doomed.class, each)
	revoked := append(openMany(two.With(t, "").Holding(session), r.class, each), openMany(two.As(t, finn), r.class, each)...)

	r.as(t, anna).RemoveMember(r.class, ben)
	doomed.as(t, anna).Do("DELETE", doomed.path(), nil).Want(http.StatusNoContent)
	one.With(t, "").Holding(session).Do("DELETE", "/v1/session", nil).Want(http.StatusNoContent)
	r.as(t, root).Do("DELETE", "/v1/admin/users/finn/sessions", nil).Want(http.StatusNoContent)
	for reason, streams := range map[string][]*harness.Stream{"removed": removed, "class_deleted": deleted, "session_revoked": revoked} {
		for _, s := range streams {
			s.WaitClosing(reason)
		}
	}
	wantInTime(t, two, map[string]int{"removed": each, "class_deleted": each, "session_revoked": 2 * each})
	two.With(t, "").Holding(session).Get(r.path()).WantProblem(http.StatusUnauthorized, "session_revoked")
	two.As(t, finn).Get(r.path()).WantProblem(http.StatusUnauthorized, "session_revoked")
}

// wantInTime reports reasons for which not so many streams ended, each within a second.
func wantInTime(t *testing.T, srv *harness.Server, want map[string]int) {
	t.Helper()
	count := func(text, series string) int {
		found := regexp.MustCompile(`(?m)^homeroom_revocation_seconds_` + regexp.QuoteMeta(series) + ` (\d+)$`).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("/metrics lacks %s", series)
		}
		n, _ := strconv.Atoi(found[1])
		return n
	}
	for reason, n := range want {
		var text string
		harness.Eventually(t, "all ends are counted", func() bool { // each is right after its last frame
			text = string(srv.With(t, "").Get("/metrics").Body)
			return count(text, fmt.Sprintf("count{reason=%q}", reason)) >= n
		})
		total, inTime := count(text, fmt.Sprintf("count{reason=%q}", reason)), count(text, fmt.Sprintf("bucket{reason=%q,le=\"1\"}", reason))
		if total != n || inTime != n {
			t.Errorf("%s: %d streams ended, %d of them within a second; want %d", reason, total, inTime, n)
		}
	}
}
