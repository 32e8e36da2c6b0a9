package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"homeroom/test/harness"
)

// TestField sends bodies of the right shape whose values are wrong.
func TestField(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db})
		message := r.as(t, ben).Post(r.class, "to edit")

		t.Run("text", func(t *testing.T) {
			good := map[string]string{
				"one letter":              "x",
				"4000 letters":            strings.Repeat("x", 4000),
				"4000 emoji":              strings.Repeat("🧪", 4000),
				"4000 two-byte letters":   strings.Repeat("ü", 4000),
				"newlines and tabs":       "a\n\tb",
				"letters of all kinds":    "Grüße שלום 你好 ไทย 𝔘𝔫𝔦",
				"the replacement letter":  "what \ufffd is",
				"a family of one letter":  "👩‍👩‍👧‍👦",
				"right to left, isolated": "\u2067abc\u2069",
			}
			for what, text := range good {
				t.Run(what, func(t *testing.T) {
					if m := r.as(t, ben).Post(r.class, text); *m.Text != text {
						t.Errorf("posted %q, answered %q", text, *m.Text)
					}
					if m := r.as(t, ben).Edit(r.class, message.ID, text); *m.Text != text {
						t.Errorf("edited to %q, answered %q", text, *m.Text)
					}
				})
			}
			bad := map[string]string{
				"nothing":                  "",
				"a space":                  " ",
				"all kinds of white space": " \t\n\u00a0\u2003\u3000",
				"4001 letters":             strings.Repeat("x", 4001),
				"4001 emoji":               strings.Repeat("🧪", 4001),
				"a NUL":                    "a\x00b",
				"a bell":                   "a\ab",
				"an escape":                "a\x1b[31mb",
				"a carriage return":        "a\r\nb",
				"a delete":                 "a\x7fb",
				"a control of Latin-1":     "a\u0085b",
				"a vertical tab":           "a\vb",
			}
			for what, text := range bad {
				t.Run(what, func(t *testing.T) {
					for _, resp := range []*harness.Response{
						r.as(t, ben).Do("POST", r.path("messages"), map[string]string{"text": text}),
						r.as(t, ben).Do("PATCH", r.path("messages", message.ID), map[string]string{"text": text}),
					} {
						wantFieldError(t, resp, "text")
					}
				})
			}
		})

		t.Run("name of a class", func(t *testing.T) {
			for _, name := range []string{"x", strings.Repeat("x", 100), strings.Repeat("🧪", 100), "1b / «Füchse»"} {
				if class := r.as(t, eve).CreateClass(name); class.Name != name {
					t.Errorf("created %q, answered %q", name, class.Name)
				}
			}
			for _, name := range []string{"", " ", "\u2003", strings.Repeat("x", 101), strings.Repeat("🧪", 101), "a\x00b", "a\x1bb", "a\nb"} {
				wantFieldError(t, r.as(t, eve).Do("POST", "/v1/classes", map[string]string{"name": name}), "name")
				wantFieldError(t, r.as(t, anna).Do("PATCH", r.path(), map[string]string{"name": name}), "name")
			}
		})

		t.Run("role and name of a member", func(t *testing.T) {
			for _, role := range []string{"", "admin", "Teacher", "owner", "teacher ", "student\x00"} {
				wantFieldError(t, r.as(t, anna).Do("PUT", r.path("members", "newbie"), map[string]string{"role": role}), "role")
			}
			for _, name := range []string{strings.Repeat("x", 101), "a\x00b", "a\x1bb"} {
				body := map[string]string{"role": "student", "name": name}
				wantFieldError(t, r.as(t, anna).Do("PUT", r.path("members", "newbie"), body), "name")
			}
		})

		t.Run("user ids of all allowed kinds", func(t *testing.T) {
			for _, id := range []string{"a", "O'Brien", "user@school.example", "google|1234", "a/b", "ünï", "%", "%41", "a;b=c", "🧑‍🎓", strings.Repeat("x", 128)} {
				user := harness.User{ID: id, Name: "Someone"}
				r.as(t, anna).AddMember(r.class, user, "student")
				if m := r.as(t, user).Post(r.class, "I am "+id); m.Author != id {
					t.Errorf("author %q, want %q", m.Author, id)
				}
				var member harness.Member
				r.as(t, user).Get(r.path("members", id)).Want(http.StatusOK).Into(&member)
				if member.User != id {
					t.Errorf("member %q, want %q", member.User, id)
				}
				r.as(t, user).RemoveMember(r.class, user)
			}
		})
	})
}

func wantFieldError(t *testing.T, resp *harness.Response, field string) {
	t.Helper()
	p := resp.WantProblem(http.StatusUnprocessableEntity, "invalid_field")
	if len(p.Errors) == 0 || p.Errors[0].Field != field || p.Errors[0].Message == "" {
		t.Errorf("errors %+v, want one about %s", p.Errors, field)
	}
}
