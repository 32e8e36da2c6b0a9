package storage

import (
	"slices"
	"strings"
	"testing"
)

// FuzzMentioned looks for mentions in texts: each is an id of its own that follows an @, and is found once.
func FuzzMentioned(f *testing.F) {
	f.Add("Look, @ben and @clio!")
	f.Fuzz(func(t *testing.T, text string) {
		words := mentioned(text)
		for i, word := range words {
			if word == "" || len(word) > maxMention || !strings.Contains(text, "@"+word) || slices.Contains(words[:i], word) {
				t.Errorf("%q mentions %q", text, words)
			}
			for at := range len(word) {
				if !isID(word[at]) {
					t.Errorf("%q mentions %q", text, word)
				}
			}
		}
		everybody := mentions(words, func(string) bool { return true })
		if len(everybody) > MaxMentions || len(everybody) != min(len(words), MaxMentions) {
			t.Errorf("%d of %d words are members", len(everybody), len(words))
		}
	})
}
