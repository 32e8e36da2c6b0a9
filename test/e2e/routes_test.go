package e2e_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"homeroom/test/harness"
)

// TestRoutes calls every operation of the contract.
func TestRoutes(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{Development: true})
	operations := harness.Contract(t).Operations()
	if len(operations) == 0 {
		t.Fatal("the contract has no operations")
	}
	teacher := readDevSession(t, srv).Users[0]
	asset := regexp.MustCompile(`/assets/([\w.-]+)`).FindSubmatch(srv.With(t, "").Get("/").Want(http.StatusOK).Body)
	if asset == nil {
		t.Fatal("the page has no assets")
	}
	bodies := map[string]string{
		"POST /v1/classes":                             `{"name":"x"}`,
		"PATCH /v1/classes/{class}":                    `{"name":"x"}`,
		"PUT /v1/classes/{class}/members/{user}":       `{"role":"student"}`,
		"POST /v1/classes/{class}/messages":            `{"text":"x"}`,
		"PUT /v1/classes/{class}/receipt":              `{"read":1}`,
		"PATCH /v1/classes/{class}/messages/{message}": `{"text":"x"}`,
		"PUT /v1/presence":                             `{"state":"away"}`,
		"PUT /v1/classes/{class}/typing":               `{"typing":true}`,
		"POST /v1/classes/{class}/join":                `{"code":"{code}"}`,
	}
	for _, op := range operations {
		name := op.Method + " " + op.Path
		t.Run(name, func(t *testing.T) {
			c := srv.With(t, teacher.Token)
			class := c.CreateClass("Every route")
			c.AddMember(class.ID, hugo, "student")
			path := strings.NewReplacer(
				"{class}", class.ID, "{user}", hugo.ID, "{message}", c.Post(class.ID, "every route").ID, "{file}", string(asset[1]),
			).Replace(op.Path)
			var code harness.JoinCode
			c.Do("PUT", harness.ClassPath(class.ID, "join-code"), nil).Want(http.StatusOK).Into(&code)
			call := harness.Call{Method: op.Method, Path: path}
			if body, ok := bodies[name]; ok {
				call.Body = strings.ReplaceAll(body, "{code}", code.Code)
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
			})
			// Who drops a cookie may do so because its token has expired.
			if strings.HasPrefix(op.Path, "/v1/") && name != "DELETE /v1/session" {
				t.Run("refuses who sends no token", func(t *testing.T) {
					srv.With(t, "").Do(call.Method, call.Path, call.Body).WantProblem(http.StatusUnauthorized, "token_missing")
				})
			}
		})
	}
}
