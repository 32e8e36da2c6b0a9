package spam

import (
	"hash/maphash"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Text is what is remembered of a text.
type Text struct {
	hash  uint64
	short bool
	links int
}

// Read reads a text. It can be called from any goroutine.
func (g *Guard) Read(text string) Text {
	if g == nil {
		return Text{}
	}
	same, weight := normal(text)
	return Text{hash: maphash.String(g.seed, same), short: weight < g.rules.Short, links: links(text)}
}

// normal is what texts have in common that people take for the same, and how many letters and digits that has: these
// alone count, in their compatible form (NFKC) and in lower case, so that case, spaces, punctuation and what can't be
// seen make no difference. Where there are none, as in "?!" or among emoji, everything but spaces counts, each run of
// one sign as one.
func normal(text string) (same string, weight int) {
	var kept strings.Builder
	text = norm.NFKC.String(text)
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			kept.WriteRune(unicode.ToLower(r))
			weight++
		}
	}
	if weight > 0 {
		return kept.String(), weight
	}
	last := ' '
	for _, r := range text {
		if r != last && !unicode.IsSpace(r) {
			kept.WriteRune(r)
			last = r
		}
	}
	return kept.String(), 0
}
