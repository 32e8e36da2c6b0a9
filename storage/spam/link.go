package spam

import (
	"regexp"
	"strings"
	"unicode"
)

// bareLink is a word that people would open: www., or a name of a host with a path.
var bareLink = regexp.MustCompile(`^(?:www\.[^\s.]|(?:[\p{L}\d-]+\.)+\p{L}{2,}/[^\s])`)

// links counts the links of a text: each http:// and https://, and each word that begins with www., or with the name of
// a host and a slash, as in example.org/page. A name alone is none.
func links(text string) int {
	if !strings.ContainsAny(text, ".:") {
		return 0
	}
	n := 0
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), parts) {
		if schemes := strings.Count(word, "http://") + strings.Count(word, "https://"); schemes > 0 {
			n += schemes
		} else if bareLink.MatchString(word) {
			n++
		}
	}
	return n
}

// parts reports whether a rune stands between two words.
func parts(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>()[]{}\"'|,;", r) }
