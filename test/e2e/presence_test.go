package e2e_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"homeroom/test/harness"
)

// wantPresent waits until a stream knows exactly these users to be there.
func wantPresent(t *testing.T, s *harness.Stream, class string, want map[string]string) {
	t.Helper()
	harness.Eventually(t, fmt.Sprintf("%d users are there", len(want)), func() bool { return maps.Equal(s.Present(class), want) })
}

func TestPresence(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db, Args: []string{"--presence-grace", "1s"}})

		t.Run("who is there comes right after stream.ready, and then who comes and goes", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			for _, want := range []string{"presence.snapshot", "typing.updated"} {
				if f := stream.Take(want); f.Event != want || f.HasID || f.Parsed.Class != r.class {
					t.Errorf("%s %s, want %s", f.Event, f.Data, want)
				}
			}
			wantPresent(t, stream, r.class, map[string]string{"ben": "online"})
			elsewhere := r.as(t, dora).Stream(furnish(t, srv).class) // any class will do
			wantPresent(t, stream, r.class, map[string]string{"ben": "online", "dora": "online"})
			r.as(t, dora).Appear("away")
			wantPresent(t, stream, r.class, map[string]string{"ben": "online", "dora": "away"})
			seen := r.as(t, clio).Presence(r.class)
			for user, want := range map[string]harness.Presence{
				"anna": {State: "offline", Role: "teacher"},
				"ben":  {State: "online", Role: "student", Active: true},
				"clio": {State: "offline", Role: "assistant"},
				"dora": {State: "away", Role: "student"},
			} {
				got := seen[user]
				if got.State != want.State || got.Role != want.Role || got.Active != want.Active || (got.LastSeenAt == nil) == (got.State != "offline") && user != "anna" {
					t.Errorf("%s: %+v", user, got)
				}
			}
			if len(seen) != 4 {
				t.Errorf("%d members", len(seen))
			}
			r.as(t, dora).Appear("online")
			wantPresent(t, stream, r.class, map[string]string{"ben": "online", "dora": "online"})
			elsewhere.Cut()
			wantPresent(t, stream, r.class, map[string]string{"ben": "online"})
			left := time.Now()
			harness.Eventually(t, "dora was last seen when she left", func() bool { // which is written down in a second
				gone := r.as(t, clio).Presence(r.class)["dora"]
				return gone.State == "offline" && gone.LastSeenAt != nil && left.Sub(*gone.LastSeenAt) >= time.Second/2
			})
		})

		t.Run("who posts, types or reads is active, also without a stream", func(t *testing.T) {
			r := furnish(t, srv)
			m := r.as(t, ben).Post(r.class, "hello")
			r.as(t, dora).Acknowledge(r.class, -1, m.Seq)
			r.as(t, clio).Type(r.class, true)
			r.as(t, anna).CreateClass("Elsewhere")
			for user, p := range r.as(t, anna).Presence(r.class) {
				if want := user != anna.ID; p.Active != want {
					t.Errorf("%s: %+v", user, p)
				}
			}
			harness.Eventually(t, "it is kept when they were seen", func() bool {
				seen := r.as(t, anna).Presence(r.class)
				return seen["ben"].LastSeenAt != nil && seen["clio"].LastSeenAt != nil && seen["dora"].LastSeenAt != nil
			})
		})

		t.Run("one who is removed vanishes, and an admin who is no member never appears", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			admin := r.as(t, root).Stream(r.class)
			all := r.as(t, dora).Stream(harness.AllClasses)
			wantPresent(t, stream, r.class, map[string]string{"ben": "online", "dora": "online"})
			wantPresent(t, admin, r.class, map[string]string{"ben": "online", "dora": "online"})
			wantPresent(t, all, r.class, map[string]string{"ben": "online", "dora": "online"})
			r.as(t, anna).RemoveMember(r.class, dora)
			wantPresent(t, stream, r.class, map[string]string{"ben": "online"})
			if _, listed := r.as(t, ben).Presence(r.class)["dora"]; listed {
				t.Error("dora is listed")
			}
		})

		t.Run("the stream of all classes has a snapshot of each, also of one that is joined", func(t *testing.T) {
			r, other := furnish(t, srv), furnish(t, srv)
			all := r.as(t, hugo).Stream(harness.AllClasses)
			all.Ready()
			for _, class := range []string{r.class, other.class} {
				r.as(t, anna).AddMember(class, hugo, "student")
				wantPresent(t, all, class, map[string]string{"hugo": "online"})
			}
			again := r.as(t, hugo).Stream(harness.AllClasses)
			wantPresent(t, again, other.class, map[string]string{"hugo": "online"})
			wantPresent(t, again, r.class, map[string]string{"hugo": "online"})
			all.Cut()
			again.Cut()
		})

		t.Run("who polls is there", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			cursor := r.as(t, dora).Cursor(r.class)
			r.as(t, dora).Events(r.class, harness.EventsQuery{After: cursor})
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, err := r.as(t, clio).Send(t.Context(), harness.Call{Method: "GET", Path: r.path("events") + "?wait=20&after=" + cursor})
				if err != nil {
					t.Errorf("poll: %v", err)
				}
			}()
			wantPresent(t, stream, r.class, map[string]string{"ben": "online", "clio": "online"})
			r.as(t, anna).Post(r.class, "enough")
			<-done
			wantPresent(t, stream, r.class, map[string]string{"ben": "online"})
		})

		t.Run("one may choose not to hear of it", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class, harness.Position{Query: url.Values{"types": {"message.created,presence.updated"}}})
			stream.Ready()
			r.as(t, dora).Stream(r.class).Ready()
			stream.WaitFor("dora comes", harness.OfType("presence.updated"))
			if n := stream.Count("presence.snapshot", "typing.updated"); n > 0 {
				t.Errorf("%d others", n)
			}
		})

		t.Run("bad bodies are refused", func(t *testing.T) {
			r := furnish(t, srv)
			student := r.as(t, ben)
			wantFieldError(t, student.Do("PUT", "/v1/presence", `{}`), "state")
			wantFieldError(t, student.Do("PUT", "/v1/presence", `{"state":"offline"}`), "state")
			wantFieldError(t, student.Do("PUT", r.path("typing"), `{"typing":null}`), "typing")
			for path, bodies := range map[string][]string{
				"/v1/presence":   {``, `[]`, `{"state":1}`, `{"state":"away","user":"anna"}`},
				r.path("typing"): {``, `true`, `{"typing":"yes"}`, `{"typing":true,"user":"anna"}`},
			} {
				for _, body := range bodies {
					student.Do("PUT", path, body).WantProblem(http.StatusBadRequest, "invalid_body")
				}
			}
		})
	})
}

func TestTyping(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})
		want := func(t *testing.T, s *harness.Stream, class string, want ...string) {
			t.Helper()
			harness.Eventually(t, fmt.Sprintf("%v type", want), func() bool {
				users, count := s.Typing(class)
				return count == len(want) && slices.Equal(users, want)
			})
		}
		t.Run("the others see who types until it ends", func(t *testing.T) {
			r := furnish(t, srv)
			mine, theirs := r.as(t, ben).Stream(r.class), r.as(t, dora).Stream(r.class)
			want(t, theirs, r.class)
			began := time.Now()
			r.as(t, ben).Type(r.class, true)
			want(t, theirs, r.class, "ben")
			want(t, mine, r.class)
			want(t, theirs, r.class) // by itself
			if lasted := time.Since(began); lasted < 6*time.Second {
				t.Errorf("it ended after %v", lasted)
			}

			for name, end := range map[string]func(*harness.Stream){
				"said so": func(*harness.Stream) { r.as(t, ben).Type(r.class, false) },
				"posted":  func(*harness.Stream) { r.as(t, ben).Post(r.class, "there") },
				"closed":  func(own *harness.Stream) { own.Cut() },
			} {
				mine.Cut()
				early := false
				for range 5 { // a slow machine may take as long as typing that ends by itself
					own := r.as(t, ben).Stream(r.class)
					own.Ready()
					r.as(t, ben).Type(r.class, true)
					want(t, theirs, r.class, "ben")
					began := time.Now()
					end(own)
					want(t, theirs, r.class)
					own.Cut()
					if early = time.Since(began) < 4*time.Second; early {
						break
					}
				}
				if !early {
					t.Errorf("who %s still typed", name)
				}
			}
		})
		t.Run("nobody types who may not post", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, dora).Stream(r.class)
			r.as(t, eve).Do("PUT", r.path("typing"), `{"typing":true}`).WantProblem(http.StatusNotFound, "not_found")
			r.as(t, root).Type(r.class, true) // no member: not shown
			r.as(t, anna).Do("PATCH", r.path(), `{"archived":true}`).Want(http.StatusOK)
			r.as(t, ben).Do("PUT", r.path("typing"), `{"typing":true}`).WantProblem(http.StatusConflict, "class_archived")
			stream.Quiet(0)
			stream.WaitFor("the change", harness.OfType("class.updated"))
			stream.WaitFor("a heartbeat", harness.OfType("heartbeat"))
			if n := stream.Count("typing.updated"); n != 1 {
				t.Errorf("%d signals", n)
			}
		})
	})
}
