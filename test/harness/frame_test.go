package harness

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestParser(t *testing.T) {
	tests := []struct {
		name, stream string
		want         []Frame
	}{
		{"a block", "id: 7\nevent: a\ndata: {}\n\n", []Frame{{Event: "a", ID: "7", HasID: true, LastEventID: "7", Retry: -1, Data: "{}"}}},
		{"carriage returns", "id: 7\revent: a\rdata: {}\r\r", []Frame{{Event: "a", ID: "7", HasID: true, LastEventID: "7", Retry: -1, Data: "{}"}}},
		{"both", "id: 7\r\nevent: a\r\ndata: {}\r\n\r\n", []Frame{{Event: "a", ID: "7", HasID: true, LastEventID: "7", Retry: -1, Data: "{}"}}},
		{"a byte order mark", "\xef\xbb\xbfdata: {}\n\n", []Frame{{Event: "message", Retry: -1, Data: "{}"}}},
		{"no space, two spaces", "event:a\ndata:  {}\n\n", []Frame{{Event: "a", Retry: -1, Data: " {}"}}},
		{"data of two lines", "data: {\ndata: }\n\n", []Frame{{Event: "message", Retry: -1, Data: "{\n}"}}},
		{"comments", ": hello\n:\ndata: {}\n\n", []Frame{{Event: "message", Retry: -1, Data: "{}"}}},
		{"an id outlives its block", "id: 1\n\ndata: {}\n\n", []Frame{{Event: "message", LastEventID: "1", Retry: -1, Data: "{}"}}},
		{"an empty id resets", "id: 1\n\nid\ndata: {}\n\n", []Frame{{Event: "message", HasID: true, Retry: -1, Data: "{}"}}},
		{"an event type does not outlive its block", "event: a\n\ndata: {}\n\n", []Frame{{Event: "message", Retry: -1, Data: "{}"}}},
		{"retry", "retry: 250\ndata: {}\n\nretry: +250\ndata: {}\n\n", []Frame{
			{Event: "message", Retry: 250, Data: "{}"}, {Event: "message", Retry: -1, Data: "{}"},
		}},
		{"an incomplete block", "data: {}\n\nid: 9\ndata: {}\n", []Frame{{Event: "message", Retry: -1, Data: "{}"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkParse(t, newParser(strings.NewReader(tt.stream)), tt.want)
			checkParse(t, newParser(iotest.OneByteReader(strings.NewReader(tt.stream))), tt.want)
		})
	}
}

func checkParse(t *testing.T, p *parser, want []Frame) {
	t.Helper()
	for i, w := range want {
		got, err := p.Next()
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		got.Parsed = Event{}
		if got.Event != w.Event || got.ID != w.ID || got.HasID != w.HasID || got.LastEventID != w.LastEventID ||
			got.Retry != w.Retry || got.Data != w.Data {
			t.Errorf("frame %d: %+v, want %+v", i, got, w)
		}
	}
	if f, err := p.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %+v, %v", f, err)
	}
}

func TestParserRefuses(t *testing.T) {
	for name, stream := range map[string]string{
		"an unknown field":     "dta: {}\n\n",
		"what is not UTF-8":    "data: {\"a\":\"\xff\"}\n\n",
		"data that isn't JSON": "data: hello\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			if f, err := newParser(strings.NewReader(stream)).Next(); err == nil || errors.Is(err, io.EOF) {
				t.Errorf("%+v, %v", f, err)
			}
		})
	}
}
