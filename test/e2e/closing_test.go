package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"homeroom/test/harness"
)

func TestClosing(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db, Args: []string{"--heartbeat", "250ms"}})

		t.Run("a removed member's stream closes", func(t *testing.T) {
			r := furnish(t, srv)
			removed, other := r.as(t, ben).Stream(r.class), r.as(t, dora).Stream(r.class)
			removed.Ready()
			other.Ready()
			teacher := r.as(t, anna)
			teacher.RemoveMember(r.class, ben)
			teacher.Post(r.class, "not for ben any more")
			removed.WaitClosing("removed")
			for _, f := range removed.Frames() {
				if harness.Created("not for ben any more")(f) {
					t.Error("a removed member has received a message")
				}
			}
			other.WaitFor("the departure", harness.OfType("member.left"))
			other.WaitFor("the message", harness.Created("not for ben any more"))
		})

		t.Run("every stream of a removed member closes", func(t *testing.T) {
			r := furnish(t, srv)
			var streams []*harness.Stream
			for range 5 {
				s := r.as(t, ben).Stream(r.class)
				s.Ready()
				streams = append(streams, s)
			}
			r.as(t, anna).RemoveMember(r.class, ben)
			for _, s := range streams {
				s.WaitClosing("removed")
			}
		})

		t.Run("a member who leaves closes its own stream", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			r.as(t, ben).RemoveMember(r.class, ben)
			stream.WaitClosing("removed")
		})

		t.Run("an admin's stream outlives a membership", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, root).Stream(r.class)
			stream.Ready()
			r.as(t, anna).AddMember(r.class, root, "student")
			r.as(t, anna).RemoveMember(r.class, root)
			r.as(t, anna).Post(r.class, "still there?")
			stream.WaitFor("the message", harness.Created("still there?"))
		})

		t.Run("a change of role closes nothing", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			r.as(t, anna).Do("PUT", r.path("members", ben.ID), map[string]string{"role": "assistant"}).Want(http.StatusOK)
			stream.WaitFor("the change", harness.OfType("member.updated"))
			stream.WaitFor("the word of it", harness.OfType("notification.created"))
			stream.Quiet(2)
		})

		t.Run("a deleted class closes its streams, and no others", func(t *testing.T) {
			r, other := furnish(t, srv), furnish(t, srv)
			streams := []*harness.Stream{r.as(t, ben).Stream(r.class), r.as(t, anna).Stream(r.class), r.as(t, root).Stream(r.class)}
			bystander := other.as(t, ben).Stream(other.class)
			bystander.Ready()
			for _, s := range streams {
				s.Ready()
			}
			cursor := streams[0].Cursor()
			r.as(t, anna).Do("DELETE", r.path(), nil).Want(http.StatusNoContent)
			for _, s := range streams {
				s.WaitClosing("class_deleted")
			}
			r.as(t, ben).Get(r.path("stream"), "Last-Event-ID", cursor).WantProblem(http.StatusNotFound, "not_found")
			other.as(t, anna).Post(other.class, "business as usual")
			bystander.WaitFor("the message", harness.Created("business as usual"))
		})

		t.Run("an expired token closes its stream, which goes on under a new one", func(t *testing.T) {
			r := furnish(t, srv)
			const ttl = 3 * time.Second
			expires := time.Now().Add(ttl).Truncate(time.Second)
			old := srv.With(t, ben.Token(t, ttl))
			stream := old.Stream(r.class)
			stream.Ready()
			r.as(t, anna).Post(r.class, "in time")
			stream.WaitFor("the message", harness.Created("in time"))
			stream.WaitClosing("token_expired")
			if late := time.Since(expires); late < -time.Second || late > 20*time.Second {
				t.Errorf("closed %v after the token's expiry", late)
			}
			harness.Eventually(t, "the token is refused", func() bool {
				return old.Get(r.path()).Status == http.StatusUnauthorized
			})
			old.Get(r.path("stream"), "Last-Event-ID", stream.Cursor()).WantProblem(http.StatusUnauthorized, "token_expired")
			r.as(t, anna).Post(r.class, "meanwhile")
			resumed := r.as(t, ben).Stream(r.class, harness.From(stream.Cursor()))
			resumed.Ready()
			wantExactly(t, resumed, r.as(t, anna), r.class, "meanwhile")
		})
	})
}
