package load

import (
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// block is a frame that keeps.
type block struct {
	id    string
	hasID bool
	event string
	data  string
	retry time.Duration
}

// blocks reads a stream to its end.
func blocks(r io.Reader) ([]block, error) {
	p := newParser(r)
	var all []block
	for {
		f, err := p.next()
		if err != nil {
			return all, err
		}
		all = append(all, block{string(f.id), f.hasID, string(f.event), string(f.data), f.retry})
	}
}

// plainBlocks is what blocks must find, read in the plainest way from the whole text.
func plainBlocks(text string) []block {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	lines := strings.Split(text, "\n")
	lines[0] = strings.TrimPrefix(lines[0], "\ufeff")
	var all []block
	var b block
	var data []string
	said := false
	for _, line := range lines[:len(lines)-1] { // what follows the last line end is incomplete
		if line == "" {
			if b.data = strings.Join(data, "\n"); said {
				all = append(all, b)
			}
			b, data, said = block{}, nil, false
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case name == "event":
			b.event, said = value, true
		case name == "data":
			data, said = append(data, value), true
		case name == "id" && !strings.Contains(value, "\x00"):
			b.id, b.hasID, said = value, true, true
		case name == "retry":
			if ms, err := strconv.ParseUint(value, 10, 31); err == nil {
				b.retry, said = time.Duration(ms)*time.Millisecond, true
			}
		}
	}
	return all
}

// pieces gives a text out in pieces of random lengths.
type pieces struct {
	rest  string
	sizes *rand.Rand
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.rest == "" {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), 1+p.sizes.IntN(8))], p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func TestParser(t *testing.T) {
	long := strings.Repeat("x", 3*firstBuffer)
	tests := []struct {
		name, text string
		want       []block
	}{
		{"a frame", "id: 7\nevent: message.created\ndata: {}\n\n", []block{{"7", true, "message.created", "{}", 0}}},
		{"the first frame", "retry: 2417\nid: a.1\nevent: stream.ready\ndata: {\"a\":1}\n\n", []block{{"a.1", true, "stream.ready", `{"a":1}`, 2417 * time.Millisecond}}},
		{"a signal", "event: heartbeat\ndata: {}\n\n", []block{{"", false, "heartbeat", "{}", 0}}},
		{"several", "data: 1\n\ndata: 2\n\ndata: 3\n\n", []block{{data: "1"}, {data: "2"}, {data: "3"}}},
		{"data of several lines", "data: 1\ndata:\ndata: 3\n\n", []block{{data: "1\n\n3"}}},
		{"an empty id", "id\ndata: 1\n\n", []block{{hasID: true, data: "1"}}},
		{"only an id", "id: 7\n\n", []block{{id: "7", hasID: true}}},
		{"an id with NUL", "id: 7\x00\ndata: 1\n\n", []block{{data: "1"}}},
		{"comments and unknown fields", ": hello\n\nfoo: bar\ndata: 1\n: more\n\n", []block{{data: "1"}}},
		{"retry that is no number", "retry: soon\ndata: 1\n\n", []block{{data: "1"}}},
		{"CRLF", "id: 7\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", []block{{id: "7", hasID: true, data: "1"}, {data: "2"}}},
		{"CR", "id: 7\rdata: 1\r\rdata: 2\r\r", []block{{id: "7", hasID: true, data: "1"}, {data: "2"}}},
		{"a byte order mark", "\ufeffdata: 1\n\n", []block{{data: "1"}}},
		{"one space is not of the value", "data:  1\n\ndata:2\n\n", []block{{data: " 1"}, {data: "2"}}},
		{"cut short", "data: 1\n\ndata: 2\n", []block{{data: "1"}}},
		{"longer than the buffer", "data: 1\n\nid: 7\ndata: " + long + "\n\ndata: 2\n\n", []block{{data: "1"}, {id: "7", hasID: true, data: long}, {data: "2"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"at once":      strings.NewReader(tt.text),
				"byte by byte": iotest.OneByteReader(strings.NewReader(tt.text)),
				"with its end": iotest.DataErrReader(strings.NewReader(tt.text)),
				"by halves":    iotest.HalfReader(strings.NewReader(tt.text)),
			} {
				if got, err := blocks(r); !errors.Is(err, io.EOF) || !slices.Equal(got, tt.want) {
					t.Errorf("%s: got %+.300v, %v; want %+.300v", how, got, err, tt.want)
				}
			}
		})
	}

	t.Run("a frame without end is given up", func(t *testing.T) {
		endless := io.MultiReader(strings.NewReader("data: "), repeat('x'))
		if _, err := blocks(endless); !errors.Is(err, errFrameTooLong) {
			t.Errorf("got %v", err)
		}
	})
}

// repeat is a reader of one byte, for ever.
type repeat byte

func (r repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

func FuzzParser(f *testing.F) {
	f.Add("retry: 2417\nid: k.1\nevent: stream.ready\ndata: {}\n\nevent: heartbeat\ndata: {}\n\n", uint64(1))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		want := plainBlocks(text)
		for _, r := range []io.Reader{strings.NewReader(text), &pieces{text, rand.New(rand.NewPCG(seed, 0))}} {
			if got, err := blocks(r); !errors.Is(err, io.EOF) || !slices.Equal(got, want) {
				t.Errorf("%q: got %+v, %v; want %+v", text, got, err, want)
			}
		}
	})
}
