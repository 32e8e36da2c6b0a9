package storage

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"homeroom/events"
)

const (
	// MaxMentions is how many members one message can mention: who means all writes to the class.
	MaxMentions = 20
	// maxMention is the longest user id that can be mentioned, in characters.
	maxMention = 64
	// mentionEnds may end an id and a sentence.
	mentionEnds = "._-"
)

// mentioned are the words of a text that may be mentions, each once: what follows an @ that doesn't end another word, as
// in an address. A word that ends like a sentence is followed by itself without that end.
func mentioned(text string) []string {
	if !strings.Contains(text, "@") {
		return nil
	}
	var words []string
	before := ' '
	for at, r := range text {
		if r == '@' && !joins(before) {
			if word := idAt(text[at+1:]); word != "" {
				words = append(words, word)
				if bare := strings.TrimRight(word, mentionEnds); bare != "" && bare != word {
					words = append(words, bare)
				}
			}
		}
		before = r
	}
	return distinct(words)
}

// joins reports whether an @ after a letter belongs to the letter's word.
func joins(r rune) bool { return r == '@' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// idAt is the id that a text begins with, or "".
func idAt(text string) string {
	end := 0
	for end < len(text) && isID(text[end]) {
		end++
	}
	next, _ := utf8.DecodeRuneInString(text[end:])
	if end == 0 || end > maxMention || end < len(text) && joins(next) {
		return ""
	}
	return text[:end]
}

func isID(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(mentionEnds, c) >= 0
}

// mentions are those words that are members, in the order of the text.
func mentions(words []string, isMember func(user string) bool) []string {
	found := []string{} // and not null in JSON
	for _, word := range words {
		if len(found) < MaxMentions && isMember(word) {
			found = append(found, word)
		}
	}
	return found
}

// addressees are whom a message may have to be told to: looked up before it is written, and judged again with it.
type addressees struct {
	words  []string // those of the text that were members
	author string   // of the message that it replies to; "" where it doesn't
}

// addressees looks them up. For a message that mentions nobody and is no reply, nothing is read.
func (e *Engine) addressees(ctx context.Context, class, text string, parent *string) (to addressees, err error) {
	words := mentioned(text)
	if len(words) == 0 && parent == nil {
		return to, nil
	}
	err = e.driver.View(ctx, func(r Reader) error {
		if len(words) > 0 {
			members, err := r.MembersAmong(ctx, class, words)
			if err != nil {
				return err
			}
			to.words = slices.DeleteFunc(words, func(word string) bool { return !slices.Contains(members, word) })
		}
		if parent == nil {
			return nil
		}
		m, err := r.Message(ctx, *parent)
		if m != nil && m.Class == class {
			to.author = m.Author
		}
		return err
	})
	return to, err
}

// add adds what telling them looks at. Nobody is told of what they do themselves.
func (to *addressees) add(needs *Needs, p Principal, class string) {
	users := to.words
	if to.author != "" && !slices.Contains(users, to.author) {
		users = append(slices.Clip(users), to.author)
	}
	for _, user := range users {
		if user == p.User {
			continue // a member by authorisation, or none
		}
		needs.Members = append(needs.Members, MemberKey{class, user})
		needs.Channels = append(needs.Channels, events.UserChannel(user))
		needs.Preferences = append(needs.Preferences, user)
	}
}

// mentions are whom a message mentions, as of its transaction.
func (b *batch) mentions(class string, to *addressees) []string {
	return mentions(to.words, func(user string) bool { return b.rows.Members[MemberKey{class, user}] != nil })
}

// without are users without some.
func without(users, some []string) []string {
	return slices.DeleteFunc(slices.Clone(users), func(user string) bool { return slices.Contains(some, user) })
}

// tellAddressees tells whom a message mentions and hasn't before, and then, unless that is the same, whom it replies to.
func (b *batch) tellAddressees(ctx context.Context, p Principal, m *Message, before []string, author string) error {
	told := append(slices.Clone(before), p.User)
	tell := func(user string, kind events.Type) error {
		if user == "" || slices.Contains(told, user) || b.rows.Members[MemberKey{m.Class, user}] == nil {
			return nil
		}
		told = append(told, user)
		return b.tellUser(ctx, user, p, events.Notification{
			Kind: kind, Class: m.Class, Seq: b.head(events.ClassChannel(m.Class)), Subject: m.ID, Text: excerpt(*m.Text),
		})
	}
	for _, user := range m.Mentions {
		if err := tell(user, events.MessageMention); err != nil {
			return err
		}
	}
	return tell(author, events.MessageReply)
}
