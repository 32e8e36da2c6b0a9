package handlers

import (
	"regexp"
	"strings"
)

// What may be a token, or a part of one: it begins as the header of a JWT does, or is longer than any id of ours and has
// only the letters of base64url. UUIDs, the longest ids that we make, have 36.
var secretive = regexp.MustCompile(`eyJ[A-Za-z0-9_.~+/=-]{8,}|[A-Za-z0-9_-]{40,}`)

const (
	secretLeast = 40
	redacted    = "[redacted]"
)

// Redact takes out of a text whatever may be a token. Texts that requests bring reach neither the log nor an error
// otherwise.
func Redact(text string) string {
	if len(text) < secretLeast && !strings.Contains(text, "eyJ") {
		return text
	}
	return secretive.ReplaceAllString(text, redacted)
}
