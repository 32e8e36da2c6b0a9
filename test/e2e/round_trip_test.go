package e2e_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/r3labs/sse/v2"
	"pgregory.net/rapid"

	"homeroom/test/harness"
)

// awkward are characters that encoders, parsers and databases are known to trip over.
var awkward = []rune("\n\t\r\x00\x1b\x7f\u0085\u00a0\u00ad\u0301\u061c\u200b\u200d\u200e\u2028\u2029\u202e\u2066\u3000\ud7ff\ue000\ufdd0\ufe0f\ufeff\ufffd\ufffe\uffff" +
	"\U00010000\U0001f9ea\U000e0020\U000f0000\U0010fffe\U0010ffff<>&\"'\\/:;%${}[]@#`")

// anyText draws texts of all of Unicode, few of which are refused.
func anyText() *rapid.Generator[string] {
	common := rapid.SampledFrom([]rune("abc déß 你好 שלום ไทย 𝔘 🧪\n"))
	return rapid.StringOfN(rapid.OneOf(common, common, rapid.Rune(), rapid.SampledFrom(awkward)), 1, 60, -1)
}

// textsADraw is how many texts each of rapid's hundred draws has.
const textsADraw = 4

// TestRoundTrip posts texts of every kind. One that is taken comes back identical, whichever way it is read.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db})
		c := r.as(t, ben)
		stream := r.as(t, dora).Stream(r.class)
		stream.Ready()
		others := othersRead(t, r)
		var taken, refused int
		rapid.Check(t, func(rt *rapid.T) {
			for _, text := range rapid.SliceOfN(anyText(), textsADraw, textsADraw).Draw(rt, "texts") {
				resp := c.Do(http.MethodPost, r.path("messages"), map[string]string{"text": text})
				if resp.Status == http.StatusUnprocessableEntity {
					refused++
					continue
				}
				taken++
				var posted harness.Message
				resp.Want(http.StatusCreated).Into(&posted)
				theirs := <-others
				for how, got := range map[string]*string{
					"to its author":         posted.Text,
					"by its id":             c.Message(r.class, posted.ID).Text,
					"in the list":           newest(c, r.class),
					"on the stream":         stream.WaitFor("it", harness.OfType("message.created")).Parsed.Message().Text,
					"to a client of others": &theirs,
					"in the history":        former(c, posted),
				} {
					if orNothing(got) != text {
						rt.Errorf("%q came back %s as %q", text, how, orNothing(got))
					}
				}
			}
		})
		if taken < 100*textsADraw/3 || refused == 0 {
			t.Errorf("%d texts were taken, %d refused", taken, refused)
		}
	})
}

// newest is the text of the newest message in the class's list.
func newest(c *harness.Client, class string) *string {
	var page harness.Page[harness.Message]
	c.Get(harness.ClassPath(class, "messages") + "?limit=1").Want(http.StatusOK).Into(&page)
	return page.Items[0].Text
}

// former is the text that a message had before it is edited.
func former(c *harness.Client, m harness.Message) *string {
	c.Edit(m.Class, m.ID, "edited")
	var page harness.Page[harness.FormerText]
	c.Get(harness.ClassPath(m.Class, "messages", m.ID, "history")).Want(http.StatusOK).Into(&page)
	return &page.Items[0].Text
}

func orNothing(text *string) string {
	if text == nil {
		return "nothing"
	}
	return *text
}

// othersRead is the texts of new messages as the library's client reads them.
func othersRead(t *testing.T, r room) <-chan string {
	t.Helper()
	client := sse.NewClient(r.srv.URL+r.path("stream"), sse.ClientMaxBufferSize(1<<20)) // 64 KB by default: less than a long text in escapes
	client.Headers["Authorization"] = "Bearer " + dora.Token(t, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	client.ReconnectStrategy = until{ctx}
	read, ready, done := make(chan string), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = client.SubscribeRawWithContext(ctx, func(e *sse.Event) {
			var event harness.Event
			switch _ = json.Unmarshal(e.Data, &event); string(e.Event) { // what is no JSON has no text
			case "stream.ready":
				close(ready)
			case "message.created":
				select {
				case read <- orNothing(event.Message().Text):
				case <-ctx.Done():
				}
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	<-ready
	return read
}
