package e2e_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

// TestRoutes calls every operation of the contract.
func TestRoutes(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{Development: true})
	forAdmins := harness.Start(t, harness.Options{})          // development mode has no admin
	strict := harness.Start(t, harness.Options{Limits: true}) // the others hold nothing back
	operations := harness.Contract(t).Operations()
	if len(operations) == 0 {
		t.Fatal("the contract has no operations")
	}
	admin := harness.Run(t, nil, "token", "--sub", "root", "--role", "admin", "--data", srv.Data).Must(t).Stdout
	asset := regexp.MustCompile(`/assets/([\w.-]+)`).FindSubmatch(srv.With(t, "").Get("/").Want(http.StatusOK).Body)
	if asset == nil {
		t.Fatal("the page has no assets")
	}
	bodies := map[string]string{
		"POST /v1/classes":                             `{"name":"x"}`,
		"PATCH /v1/classes/{class}":                    `{"name":"x"}`,
		"PUT /v1/classes/{class}/members/{user}":       `{"role":"student"}`,
		"PUT /v1/classes/{class}/members/{user}/mute":  `{"until":"` + time.Now().Add(time.Hour).Format(time.RFC3339) + `"}`,
		"POST /v1/classes/{class}/messages":            `{"text":"x"}`,
		"PUT /v1/classes/{class}/receipt":              `{"read":1}`,
		"PATCH /v1/classes/{class}/messages/{message}": `{"text":"x"}`,
		"PUT /v1/presence":                             `{"state":"away"}`,
		"PUT /v1/classes/{class}/typing":               `{"typing":true}`,
		"POST /v1/classes/{class}/join":                `{"code":"{code}"}`,

		"POST /v1/classes/{class}/announcements":                 `{"title":"x","text":"x"}`,
		"PATCH /v1/classes/{class}/announcements/{announcement}": `{"title":"x"}`,
		"POST /v1/classes/{class}/assignments":                   `{"title":"x","text":"x","due_at":"{later}"}`,
		"PATCH /v1/classes/{class}/assignments/{assignment}":     `{"title":"x"}`,

		"POST /v1/stream-tokens":            `{"class":"{class}"}`,
		"PUT /v1/notifications/read":        `{"up_to":"{class}"}`,
		"PUT /v1/notifications/preferences": `{"muted_classes":[]}`,
		"POST /v1/system/notices":           `{"level":"info","text":"x","expires_at":"` + time.Now().Add(time.Hour).Format(time.RFC3339) + `"}`,
	}
	for _, op := range operations {
		name := op.Method + " " + op.Path
		t.Run(name, func(t *testing.T) {
			c := srv.With(t, strings.TrimSpace(admin))
			var notice harness.Notice
			if strings.HasPrefix(op.Path, harness.NoticesPath) {
				c = forAdmins.As(t, root)
				notice = c.Notify("every route", time.Hour)
			}
			if strings.Contains(op.Path, "{held}") {
				c = strict.As(t, root)
			}
			class := c.CreateClass("Every route")
			c.AddMember(class.ID, hugo, "student")
			var held string
			if strings.Contains(op.Path, "{held}") {
				pupil := harness.Student("pupil-" + op.ID) // each is paused for what they post
				c.AddMember(class.ID, pupil, "student")
				room{strict, class.ID}.post(t, pupil, links).WantProblem(http.StatusTooManyRequests, "held_back")
				held = c.Held(class.ID)[0].ID
			}
			path := strings.NewReplacer(
				"{class}", class.ID, "{user}", hugo.ID, "{message}", c.Post(class.ID, "every route").ID, "{file}", string(asset[1]), "{notice}", notice.ID, "{held}", held,
				"{connection}", c.Stream(class.ID).Ready().Parsed.Connection,
				"{announcement}", c.Announce(class.ID, "announcements", draft("announcements")).ID,
				"{assignment}", c.Announce(class.ID, "assignments", draft("assignments")).ID,
			).Replace(op.Path)
			var code harness.JoinCode
			c.Do("PUT", harness.ClassPath(class.ID, "join-code"), nil).Want(http.StatusOK).Into(&code)
			call := harness.Call{Method: op.Method, Path: path}
			if body, ok := bodies[name]; ok {
				call.Body = strings.NewReplacer("{code}", code.Code, "{later}", later(time.Hour), "{class}", class.ID).Replace(body)
			}

			t.Run("answers", func(t *testing.T) {
				resp, err := c.Dial(t.Context(), call)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = resp.Body.Close() }()
				if resp.StatusCode < 200 || resp.StatusCode > 299 {
					t.Errorf("status %d", resp.StatusCode)
				}
				checkSafe(t, resp.Header)
			})
			// Who drops a cookie may do so because its token has expired.
			if strings.HasPrefix(op.Path, "/v1/") && name != "DELETE /v1/session" {
				t.Run("refuses who sends no token", func(t *testing.T) {
					refused := srv.With(t, "").Do(call.Method, call.Path, call.Body)
					refused.WantProblem(http.StatusUnauthorized, "token_missing")
					checkSafe(t, refused.Header)
				})
			}
		})
	}
}
