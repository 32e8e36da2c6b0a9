package e2e_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"homeroom/test/harness"
)

func TestLock(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})

		t.Run("in a locked class only teachers post", func(t *testing.T) {
			r := furnish(t, srv)
			m := r.as(t, ben).Post(r.class, "before")
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			if class := r.as(t, anna).Lock(r.class, true); !class.Locked || class.Version != 2 {
				t.Errorf("locked: %+v", class)
			}
			stream.WaitFor("the lock", harness.OfType("class.updated"))
			for _, user := range []harness.User{clio, ben} {
				r.as(t, user).Do("POST", r.path("messages"), map[string]string{"text": "but"}).WantProblem(http.StatusForbidden, "class_locked")
			}
			r.as(t, ben).Do("POST", r.path("messages"), map[string]string{"text": "but", "parent_id": m.ID}).WantProblem(http.StatusForbidden, "class_locked")
			r.as(t, ben).Do("PATCH", r.path("messages", m.ID), map[string]string{"text": "but"}).WantProblem(http.StatusForbidden, "class_locked")
			r.as(t, ben).Delete(r.class, m.ID)
			r.as(t, root).Post(r.class, "from above")
			r.as(t, anna).Post(r.class, "Quiet, please.")
			stream.WaitFor("what the teacher says", harness.Created("Quiet, please."))
			r.as(t, anna).Lock(r.class, false)
			r.as(t, ben).Post(r.class, "here again")
		})

		t.Run("only teachers and admins lock and slow down", func(t *testing.T) {
			r := furnish(t, srv)
			for _, body := range []string{`{"locked":true}`, `{"slow_mode_seconds":5}`} {
				for _, user := range []harness.User{clio, ben} {
					r.as(t, user).Do("PATCH", r.path(), body).WantProblem(http.StatusForbidden, "forbidden")
				}
				r.as(t, eve).Do("PATCH", r.path(), body).WantProblem(http.StatusNotFound, "not_found")
			}
		})

		t.Run("values that make no sense are refused", func(t *testing.T) {
			r := furnish(t, srv)
			for _, body := range []string{`{"slow_mode_seconds":-1}`, `{"slow_mode_seconds":3601}`} {
				wantFieldError(t, r.as(t, anna).Do("PATCH", r.path(), body), "slow_mode_seconds")
			}
			for _, body := range []string{`{"slow_mode_seconds":"5"}`, `{"slow_mode_seconds":1.5}`, `{"locked":1}`, `{"locked":"yes"}`, `{"slow_mode":5}`} {
				r.as(t, anna).Do("PATCH", r.path(), body).WantProblem(http.StatusBadRequest, "invalid_body")
			}
			r.as(t, anna).SlowDown(r.class, 3600)
			r.as(t, anna).SlowDown(r.class, 0)
		})
	})
}

func TestSlowMode(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})
		text := map[string]string{"text": "and another"}

		t.Run("a student waits as long as the answer says", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			if class := r.as(t, anna).SlowDown(r.class, 2); class.SlowMode != 2 {
				t.Errorf("slow mode: %+v", class)
			}
			stream.WaitFor("slow mode", harness.OfType("class.updated"))
			first := r.as(t, ben).Post(r.class, "one")
			for patience := time.Now().Add(harness.Patience); ; {
				if time.Now().After(patience) {
					t.Fatal("slow mode has no end")
				}
				resp := r.as(t, ben).Do("POST", r.path("messages"), text)
				if resp.Status == http.StatusCreated {
					var second harness.Message
					resp.Into(&second)
					if pause := second.CreatedAt.Sub(first.CreatedAt); pause < 2*time.Second {
						t.Errorf("the second message came after %s", pause)
					}
					break
				}
				resp.WantProblem(http.StatusTooManyRequests, "slow_mode")
				if wait, err := strconv.Atoi(resp.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 2 {
					t.Errorf("Retry-After %q", resp.Header.Get("Retry-After"))
				}
			}
		})

		t.Run("it binds students, and each for themselves", func(t *testing.T) {
			r := furnish(t, srv)
			r.as(t, ben).Post(r.class, "before")
			r.as(t, anna).SlowDown(r.class, 3600)
			r.as(t, ben).Do("POST", r.path("messages"), text).WantProblem(http.StatusTooManyRequests, "slow_mode")
			for _, user := range []harness.User{anna, clio, root} {
				r.as(t, user).Post(r.class, "one")
				r.as(t, user).Post(r.class, "two")
			}
			m := r.as(t, dora).Post(r.class, "mine")
			r.as(t, dora).Edit(r.class, m.ID, "mine, edited")
			r.as(t, dora).Delete(r.class, m.ID)
			r.as(t, dora).Do("POST", r.path("messages"), text).WantProblem(http.StatusTooManyRequests, "slow_mode")
			r.as(t, anna).SlowDown(r.class, 0)
			r.as(t, dora).Post(r.class, "at last")
		})

		t.Run("a repeated call is no second message", func(t *testing.T) {
			r := furnish(t, srv)
			r.as(t, anna).SlowDown(r.class, 3600)
			var first, again harness.Message
			r.as(t, ben).Do("POST", r.path("messages"), text, "Idempotency-Key", "k1").Want(http.StatusCreated).Into(&first)
			r.as(t, ben).Do("POST", r.path("messages"), text, "Idempotency-Key", "k1").Want(http.StatusCreated).Into(&again)
			if first.ID != again.ID {
				t.Errorf("%s, repeated %s", first.ID, again.ID)
			}
			r.as(t, ben).Do("POST", r.path("messages"), text, "Idempotency-Key", "k2").WantProblem(http.StatusTooManyRequests, "slow_mode")
		})
	})
}
