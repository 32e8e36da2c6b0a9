package load

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
)

// The clients that streams can be read with.
const (
	ClientAuto    = "auto"   // r3labs up to mostLibrary streams, own above
	ClientLibrary = "r3labs" // the one of github.com/r3labs/sse/v2
	ClientOwn     = "own"    // ours, which costs a fraction
)

const (
	mostLibrary = 200  // streams that the library's client reads by default
	maxSize     = 4000 // bytes of text; the service takes as many characters
	maxAddress  = 250  // source addresses: 127.0.0.1 and up
)

// Config says what a trial does. The tags make flags of it.
type Config struct {
	URL       string        `env:"HOMEROOM_URL" default:"http://127.0.0.1:8080" help:"Where the service is."`
	Streams   int           `default:"100" help:"Streams to open; each is of a member of its own."`
	Classes   int           `default:"5" help:"Classes to spread them over; with fewer streams, as many as those."`
	Rate      float64       `default:"50" help:"Posts a second over all classes; 0: as fast as they are accepted."`
	Posters   int           `default:"32" help:"Posts that may be under way at once."`
	Duration  time.Duration `default:"30s" help:"How long to post."`
	Posts     int64         `help:"Posts after which to end, if that is earlier."`
	Size      int           `default:"100" help:"Bytes of a post's text, up to 4000."`
	Slow      float64       `help:"Share of readers, 0 to 1, that stop reading for a while, again and again."`
	Stall     time.Duration `default:"15s" help:"How long they stop; each time half to one and a half times as much."`
	Cut       float64       `help:"Share of connections that are cut each minute, at random; may be more than 1."`
	Storm     bool          `help:"At the end, cut all at once, post a little, and measure how all come back."`
	Impatient bool          `help:"Readers whose connection was cut come back at once, and not after the time that the service asks for."`
	Settle    time.Duration `default:"30s" help:"How long readers may take at the end until they have everything."`

	Client      string  `default:"auto" enum:"auto,r3labs,own" help:"What reads the streams: r3labs (that of github.com/r3labs/sse), own (for many streams), or auto: r3labs up to 200 streams."`
	ConnectRate float64 `default:"1000" help:"Streams to open a second at the start; 0: all at once."`
	Addresses   int     `default:"1" help:"Loopback addresses to connect from, 127.0.0.1 and up: one has about 28,000 ports."`
	Keep        bool    `help:"Keep the classes, and don't delete them at the end."`

	// Token makes a token for a user, to last for a time.
	Token func(user, role string, lasts time.Duration) (string, error) `kong:"-"`
	// Progress is where lines about the progress go.
	Progress io.Writer `kong:"-"`
	// Terminal says that Progress is one: lines come more often, each in the place of the last.
	Terminal bool `kong:"-"`
}

// check refuses what can't work.
func (c *Config) check() error {
	switch {
	case c.Streams < 1:
		return errors.New("--streams must be at least 1")
	case c.Classes < 1:
		return errors.New("--classes must be at least 1")
	case c.Posters < 1:
		return errors.New("--posters must be at least 1")
	case c.Rate < 0 || c.ConnectRate < 0 || c.Posts < 0 || c.Cut < 0:
		return errors.New("--rate, --connect-rate, --posts and --cut must not be negative")
	case c.Duration <= 0 || c.Settle <= 0 || c.Stall <= 0:
		return errors.New("--duration, --settle and --stall must be more than zero")
	case c.Size < 1 || c.Size > maxSize:
		return fmt.Errorf("--size must be from 1 to %d", maxSize)
	case c.Slow < 0 || c.Slow > 1:
		return errors.New("--slow must be from 0 to 1")
	case c.Addresses < 1 || c.Addresses > maxAddress:
		return fmt.Errorf("--addresses must be from 1 to %d", maxAddress)
	}
	c.Classes = min(c.Classes, c.Streams)
	c.URL = strings.TrimRight(c.URL, "/")
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("--url %q is none; want http://HOST:PORT", c.URL)
	}
	if ip := net.ParseIP(u.Hostname()); c.Addresses > 1 && (ip.To4() == nil || !ip.IsLoopback()) {
		return errors.New("--addresses is for a service on a loopback address, such as http://127.0.0.1:8080")
	}
	if c.Client == ClientAuto {
		c.Client = ClientOwn
		if c.Streams <= mostLibrary {
			c.Client = ClientLibrary
		}
	}
	return nil
}

// isSlow reports whether a reader is one of the slow ones, which are spread evenly.
func (c *Config) isSlow(reader int) bool {
	return int(float64(reader+1)*c.Slow) > int(float64(reader)*c.Slow)
}

// tokensLast is how long the tokens are good: for all that can take long, and then some.
func (c *Config) tokensLast() time.Duration { return c.Duration + c.Settle + 2*time.Hour }
