package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of texts, in Unicode code points.
const (
	maxText = 4000
	maxName = 100
	maxUser = 128
)

// checks gathers what is wrong with a body, field by field.
type checks []FieldError

func (c *checks) add(field, message string) { *c = append(*c, FieldError{field, message}) }

// err is a problem if anything was wrong.
func (c *checks) err() error {
	if len(*c) == 0 {
		return nil
	}
	return c.problem()
}

func (c *checks) problem() *Problem {
	p := newProblem(http.StatusUnprocessableEntity, "invalid_field", (*c)[0].Field+" "+(*c)[0].Message+".")
	p.Errors = *c
	return p
}

// text checks a required text that may have several lines.
func (c *checks) text(field string, value *string, most int) string {
	return c.check(field, value, most, "\n\t")
}

// line checks a required text of one line.
func (c *checks) line(field string, value *string, most int) string {
	return c.check(field, value, most, "")
}

// id checks an id that may be absent.
func (c *checks) id(field string, value *string) *string {
	if value == nil {
		return nil
	}
	id, ok := parseID(*value)
	if !ok {
		c.add(field, "must be a UUID")
	}
	return &id
}

// check checks a text whose control characters may only be those allowed.
func (c *checks) check(field string, value *string, most int, allowed string) string {
	switch {
	case value == nil:
		c.add(field, "is required")
		return ""
	case strings.TrimSpace(*value) == "":
		c.add(field, "must not be empty")
	case utf8.RuneCountInString(*value) > most:
		c.add(field, fmt.Sprintf("must have at most %d characters", most))
	case hasControl(*value, allowed):
		c.add(field, "must not have control characters")
	}
	return *value
}

func hasControl(text, allowed string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune(allowed, r)
	})
}

// validUser reports whether a text can be a user's id: what a token's sub may be.
func validUser(user string) bool {
	return user != "" && utf8.ValidString(user) && utf8.RuneCountInString(user) <= maxUser &&
		!strings.ContainsFunc(user, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) })
}
