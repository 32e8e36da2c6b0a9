package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

func TestMute(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})

		t.Run("a muted student reads on, and everyone is told", func(t *testing.T) {
			r := furnish(t, srv)
			before := r.as(t, ben).Post(r.class, "before")
			stream, own := r.as(t, dora).Stream(r.class), r.as(t, ben).Stream(r.class)
			stream.Ready()
			own.Ready()
			until := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
			m := r.as(t, anna).Mute(r.class, ben, until)
			if m.MutedUntil == nil || !m.MutedUntil.Equal(until) || m.Version != 2 {
				t.Errorf("muted: %+v", m)
			}
			if told := stream.WaitFor("the mute", harness.OfType("member.updated")).Parsed.Member(); told.MutedUntil == nil || !told.MutedUntil.Equal(until) {
				t.Errorf("others are told of %+v", told)
			}
			own.WaitFor("the word to ben", harness.OfType("notification.created"))

			muted := r.as(t, ben)
			for _, resp := range []*harness.Response{
				muted.Do("POST", r.path("messages"), map[string]string{"text": "but"}),
				muted.Do("POST", r.path("messages"), map[string]string{"text": "but", "parent_id": before.ID}),
				muted.Do("PATCH", r.path("messages", before.ID), map[string]string{"text": "but"}),
			} {
				if p := resp.WantProblem(http.StatusForbidden, "muted"); !strings.Contains(p.Detail, until.Format("2006-01-02T15:04:05.000Z")) {
					t.Errorf("the detail doesn't say until when: %s", p.Detail)
				}
			}
			r.as(t, dora).Post(r.class, "others go on")
			own.WaitFor("what others say", harness.Created("others go on"))
			if got := len(muted.Messages(r.class)); got != 2 {
				t.Errorf("ben reads %d messages", got)
			}
			muted.Delete(r.class, before.ID)

			r.as(t, clio).Unmute(r.class, ben)
			stream.WaitFor("the end of it", func(f harness.Frame) bool {
				return f.Event == "member.updated" && f.Parsed.Member().MutedUntil == nil
			})
			muted.Post(r.class, "here again")
		})

		t.Run("it ends by itself", func(t *testing.T) {
			r := furnish(t, srv)
			until := time.Now().Add(700 * time.Millisecond)
			r.as(t, anna).Mute(r.class, ben, until)
			for refused := 0; ; refused++ {
				resp := r.as(t, ben).Do("POST", r.path("messages"), map[string]string{"text": "now?"})
				if resp.Status == http.StatusCreated {
					break
				}
				resp.WantProblem(http.StatusForbidden, "muted")
				if time.Since(until) > harness.Patience {
					t.Fatalf("still muted after %d attempts", refused)
				}
			}
			if time.Now().Before(until) {
				t.Error("it ended too early")
			}
			var m harness.Member
			r.as(t, ben).Get(r.path("members", ben.ID)).Want(http.StatusOK).Into(&m)
			if m.MutedUntil != nil {
				t.Errorf("a mute that is over is shown: %+v", m)
			}
		})

		t.Run("nobody mutes a teacher or themselves, nor beyond their role", func(t *testing.T) {
			r := furnish(t, srv)
			r.as(t, anna).AddMember(r.class, gwen, "teacher")
			body := map[string]time.Time{"until": time.Now().Add(time.Hour)}
			for _, c := range []struct{ by, whom harness.User }{
				{anna, gwen}, {anna, anna}, {root, gwen}, {clio, anna}, {clio, clio}, {ben, dora}, {ben, ben}, {ben, anna},
			} {
				r.as(t, c.by).Do("PUT", r.path("members", c.whom.ID, "mute"), body).WantProblem(http.StatusForbidden, "forbidden")
				r.as(t, c.by).Do("DELETE", r.path("members", c.whom.ID, "mute"), nil).WantProblem(http.StatusForbidden, "forbidden")
			}
			r.as(t, anna).Do("PUT", r.path("members", finn.ID, "mute"), body).WantProblem(http.StatusNotFound, "not_found")
			r.as(t, eve).Do("PUT", r.path("members", ben.ID, "mute"), body).WantProblem(http.StatusNotFound, "not_found")
			r.as(t, root).Mute(r.class, clio, body["until"])
			r.as(t, clio).Do("POST", r.path("messages"), map[string]string{"text": "but"}).WantProblem(http.StatusForbidden, "muted")
		})

		t.Run("leaving and joining again doesn't end it", func(t *testing.T) {
			r := furnish(t, srv)
			code := r.joinCode(t)
			r.as(t, anna).Mute(r.class, ben, time.Now().Add(time.Hour))
			r.as(t, ben).RemoveMember(r.class, ben)
			r.join(t, ben, code).Want(http.StatusCreated)
			r.as(t, ben).Do("POST", r.path("messages"), map[string]string{"text": "but"}).WantProblem(http.StatusForbidden, "muted")
		})

		t.Run("times that make no sense are refused", func(t *testing.T) {
			r := furnish(t, srv)
			path := r.path("members", ben.ID, "mute")
			for _, until := range []any{nil, "", "tomorrow", "2026-13-01T00:00:00Z", "2026-11-22", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
				time.Now(), time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 3)} {
				wantFieldError(t, r.as(t, anna).Do("PUT", path, map[string]any{"until": until}), "until")
			}
			wantFieldError(t, r.as(t, anna).Do("PUT", path, `{}`), "until")
			for _, body := range []string{`{"until":1800000000}`, `{"until":true}`, `{"until":"2027-01-01T00:00:00Z","minutes":5}`, `[]`} {
				r.as(t, anna).Do("PUT", path, body).WantProblem(http.StatusBadRequest, "invalid_body")
			}
			r.as(t, ben).Post(r.class, "never muted")
		})

		t.Run("a change with a stale If-Match is refused and shows what is there", func(t *testing.T) {
			r := furnish(t, srv)
			path, body := r.path("members", ben.ID, "mute"), map[string]time.Time{"until": time.Now().Add(time.Hour)}
			resp := r.as(t, anna).Do("PUT", path, body, "If-Match", `"1"`).Want(http.StatusOK)
			if etag := resp.Header.Get("ETag"); etag != `"2"` {
				t.Errorf("ETag %s", etag)
			}
			p := r.as(t, anna).Do("PUT", path, body, "If-Match", `"1"`).WantProblem(http.StatusPreconditionFailed, "version_mismatch")
			if !strings.Contains(string(p.Current), `"muted_until":"`) {
				t.Errorf("the problem shows %s", p.Current)
			}
			r.as(t, anna).Do("DELETE", path, nil, "If-Match", `"1"`).WantProblem(http.StatusPreconditionFailed, "version_mismatch")
			r.as(t, anna).Do("DELETE", path, nil, "If-Match", `"2"`).Want(http.StatusNoContent)
		})
	})
}
