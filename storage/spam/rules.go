package spam

import (
	"cmp"
	"time"
)

// Off as one of the bounds of [Rules] switches its rule off.
const Off = -1

// Defaults of [Rules].
const (
	DefaultWindow = time.Minute
	// DefaultRepeats is for those who say it again since nobody answered.
	DefaultRepeats = 3
	// DefaultShortRepeats is the same for short texts: a quick quiz has many a "yes".
	DefaultShortRepeats = 10
	// DefaultShort is how many letters and digits make a text that isn't short any more.
	DefaultShort = 8
	// DefaultFloodPosts is above what one person types by hand.
	DefaultFloodPosts   = 10
	DefaultFloodClasses = 3
	// DefaultMentions lets one message through that mentions as many as one can.
	DefaultMentions  = 25
	DefaultLinks     = 5
	DefaultLinksEach = 5

	// The pauses grow from one that honest members hardly notice: 10 s, 40 s, 2 min 40 s, 10 min 40 s, 42 min 40 s, 1 h.
	DefaultPause       = 10 * time.Second
	DefaultPauseFactor = 4
	DefaultPauseMost   = time.Hour
	DefaultForget      = time.Hour
)

// Rules are what is too much within a window of time, of one member. Zero is the default of each, [Off] no bound.
type Rules struct {
	Window       time.Duration
	Repeats      int // messages with the same text, in all classes together
	ShortRepeats int // the same, of texts that are short
	Short        int // letters and digits that a text must have not to be short
	FloodPosts   int // messages, if they are
	FloodClasses int // in so many classes, or more
	Mentions     int // members mentioned, each as often as it is
	Links        int // links in all messages
	LinksEach    int // links in one message, whatever the window

	Pause       time.Duration // of the first offence
	PauseFactor int           // each further offence has a pause so many times as long
	PauseMost   time.Duration
	Forget      time.Duration // so long after a pause without an offence the next one counts as the first
}

// orDefaults are the rules with the defaults put in.
func (r Rules) orDefaults() Rules {
	return Rules{
		Window:  cmp.Or(r.Window, DefaultWindow),
		Repeats: cmp.Or(r.Repeats, DefaultRepeats), ShortRepeats: cmp.Or(r.ShortRepeats, DefaultShortRepeats), Short: cmp.Or(r.Short, DefaultShort),
		FloodPosts: cmp.Or(r.FloodPosts, DefaultFloodPosts), FloodClasses: cmp.Or(r.FloodClasses, DefaultFloodClasses),
		Mentions: cmp.Or(r.Mentions, DefaultMentions), Links: cmp.Or(r.Links, DefaultLinks), LinksEach: cmp.Or(r.LinksEach, DefaultLinksEach),
		Pause: cmp.Or(r.Pause, DefaultPause), PauseFactor: cmp.Or(r.PauseFactor, DefaultPauseFactor),
		PauseMost: cmp.Or(r.PauseMost, DefaultPauseMost), Forget: cmp.Or(r.Forget, DefaultForget),
	}
}

// Reason is which rule a post breaks.
type Reason string

// The reasons, in the order in which they are looked for.
const (
	Repeat   Reason = "repeat"
	Flood    Reason = "flood"
	Mentions Reason = "mentions"
	Links    Reason = "links"
)

// Reasons are all of them.
var Reasons = [...]Reason{Repeat, Flood, Mentions, Links}

// exceeds reports whether a bound is there and n is more.
func exceeds(n, bound int) bool { return bound >= 0 && n > bound }
