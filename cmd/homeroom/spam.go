package main

import (
	"fmt"
	"strconv"
	"time"

	"homeroom/storage"
	"homeroom/storage/spam"
)

// spamMost is the largest bound of a rule: what a member posted within the window is kept in memory up to it.
const spamMost = 1000

// spamFlags say what looks like spam, and how long its author is paused.
type spamFlags struct {
	SpamWindow       time.Duration `env:"HOMEROOM_SPAM_WINDOW" default:"1m" help:"Time within which a member's messages are counted together to find spam."`
	SpamRepeats      bound         `env:"HOMEROOM_SPAM_REPEATS" default:"3" help:"Messages of one member with the same text that pass, in all classes together. This and the bounds that follow: 0 or off for none."`
	SpamShortRepeats bound         `env:"HOMEROOM_SPAM_SHORT_REPEATS" default:"10" help:"The same, of texts that are short, such as ok and yes."`
	SpamShort        bound         `env:"HOMEROOM_SPAM_SHORT" default:"8" help:"Letters and digits from which on a text isn't short."`
	SpamFlood        bound         `env:"HOMEROOM_SPAM_FLOOD" default:"10" help:"Messages of one member, if they are in several classes."`
	SpamFloodClasses bound         `env:"HOMEROOM_SPAM_FLOOD_CLASSES" default:"3" help:"How many classes are several."`
	SpamMentions     bound         `env:"HOMEROOM_SPAM_MENTIONS" default:"25" help:"Mentions in all messages of one member."`
	SpamLinks        bound         `env:"HOMEROOM_SPAM_LINKS" default:"5" help:"Links in all messages of one member."`
	SpamLinksEach    bound         `env:"HOMEROOM_SPAM_LINKS_EACH" default:"5" help:"Links in one message."`

	SpamPause       time.Duration `env:"HOMEROOM_SPAM_PAUSE" default:"10s" help:"How long a member can't post whose message was held back as spam."`
	SpamPauseFactor int           `env:"HOMEROOM_SPAM_PAUSE_FACTOR" default:"4" help:"How many times as long each further pause is."`
	SpamPauseMost   time.Duration `env:"HOMEROOM_SPAM_PAUSE_MOST" default:"1h" help:"The longest pause."`
	SpamForget      time.Duration `env:"HOMEROOM_SPAM_FORGET" default:"1h" help:"Time after a pause, without another, after which the next one is the first again."`
}

// bound is how much of something is allowed: 0, or off, is no bound.
type bound int

// UnmarshalText reads a flag.
func (b *bound) UnmarshalText(text []byte) error {
	if string(text) == "off" {
		*b = 0
		return nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 || n > spamMost {
		return fmt.Errorf("must be a whole number up to %d, or off, not %q", spamMost, text)
	}
	*b = bound(n)
	return nil
}

// rule is the bound as a rule has it.
func (b bound) rule() int {
	if b == 0 {
		return spam.Off
	}
	return int(b)
}

// checkSpam refuses settings that can't work.
func (f *spamFlags) checkSpam() error {
	for _, pause := range [...]struct {
		name  string
		value time.Duration
	}{
		{"HOMEROOM_SPAM_WINDOW", f.SpamWindow}, {"HOMEROOM_SPAM_PAUSE", f.SpamPause}, {"HOMEROOM_SPAM_FORGET", f.SpamForget},
	} {
		if pause.value < time.Millisecond {
			return fmt.Errorf("%s must be a millisecond at least", pause.name)
		}
	}
	if f.SpamPauseMost < f.SpamPause {
		return fmt.Errorf("HOMEROOM_SPAM_PAUSE_MOST must not be less than HOMEROOM_SPAM_PAUSE")
	}
	if f.SpamPauseFactor < 1 {
		return fmt.Errorf("HOMEROOM_SPAM_PAUSE_FACTOR must be 1 at least")
	}
	return nil
}

// spamOptions have a store hold back spam, unless that is off.
func (f *spamFlags) spamOptions(off bool) []storage.Option {
	if off {
		return nil
	}
	return []storage.Option{storage.WithSpamRules(spam.Rules{
		Window: f.SpamWindow, Repeats: f.SpamRepeats.rule(), ShortRepeats: f.SpamShortRepeats.rule(), Short: f.SpamShort.rule(),
		FloodPosts: f.SpamFlood.rule(), FloodClasses: f.SpamFloodClasses.rule(), Mentions: f.SpamMentions.rule(),
		Links: f.SpamLinks.rule(), LinksEach: f.SpamLinksEach.rule(),
		Pause: f.SpamPause, PauseFactor: f.SpamPauseFactor, PauseMost: f.SpamPauseMost, Forget: f.SpamForget,
	})}
}
