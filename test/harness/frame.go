package harness

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Frame is one dispatched event of an event stream.
type Frame struct {
	Event       string // the event field, "message" if the block has none
	ID          string // the id of this very block
	HasID       bool   // whether it has an id line at all
	LastEventID string // what a reconnect after this frame would send
	Retry       int    // milliseconds, -1 if the block has none
	Data        string
	Parsed      Event // the data
}

// parser reads an event stream as section 9.2.6 of the HTML standard has
// it: the three line endings, the byte order mark, ids that outlive their block
// (even one without data), retries of digits only. It is stricter in
// one thing: fields that no client knows are errors, since we never send any.
type parser struct {
	r      *bufio.Reader
	line   []byte
	skipLF bool // the last line ended in a CR whose LF may still come
	begun  bool

	lastID string
}

func newParser(r io.Reader) *parser {
	return &parser{r: bufio.NewReaderSize(r, 32<<10)}
}

// Next returns the next event. An incomplete block at the end of the stream is
// dropped, and its id with it, as the standard demands.
func (p *parser) Next() (Frame, error) {
	block := newBlock()
	for {
		line, err := p.readLine()
		if err != nil {
			return Frame{}, err
		}
		if len(line) > 0 {
			if err := block.field(line); err != nil {
				return Frame{}, err
			}
			continue
		}
		if block.hasID {
			p.lastID = block.id
		}
		if block.hasData {
			return block.frame(p.lastID)
		}
		block = newBlock()
	}
}

// readLine returns the next line without its ending. The slice is valid until
// the next call.
func (p *parser) readLine() ([]byte, error) {
	p.line = p.line[:0]
	for {
		if _, err := p.r.Peek(1); err != nil {
			return nil, err
		}
		buffered, _ := p.r.Peek(p.r.Buffered())
		if skip := p.preamble(buffered); skip > 0 {
			_, _ = p.r.Discard(skip)
			continue
		}
		end := bytes.IndexByte(buffered, '\n')
		if cr := bytes.IndexByte(buffered[:max(end, 0)], '\r'); cr >= 0 {
			end = cr
		} else if end < 0 {
			end = bytes.IndexByte(buffered, '\r')
		}
		if end < 0 {
			p.line = append(p.line, buffered...)
			_, _ = p.r.Discard(len(buffered))
			continue
		}
		p.line = append(p.line, buffered[:end]...)
		p.skipLF = buffered[end] == '\r'
		_, _ = p.r.Discard(end + 1)
		return p.line, nil
	}
}

// preamble is how many bytes to skip before a line goes on: the LF of a CRLF,
// and a byte order mark at the very beginning.
func (p *parser) preamble(buffered []byte) int {
	if p.skipLF {
		p.skipLF = false
		if buffered[0] == '\n' {
			return 1
		}
	}
	if !p.begun {
		p.begun = true
		if head, _ := p.r.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
			return 3
		}
	}
	return 0
}

// block gathers the fields of one event.
type block struct {
	event, id, data string
	hasID, hasData  bool
	retry           int
}

func newBlock() *block { return &block{retry: -1} }

func (b *block) field(line []byte) error {
	if !utf8.Valid(line) {
		return fmt.Errorf("line is not UTF-8: %q", line)
	}
	name, value, _ := strings.Cut(string(line), ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "": // a comment
	case "event":
		b.event = value
	case "data":
		if b.hasData {
			b.data += "\n"
		}
		b.data, b.hasData = b.data+value, true
	case "id":
		if !strings.Contains(value, "\x00") {
			b.id, b.hasID = value, true
		}
	case "retry":
		if ms, err := strconv.Atoi(value); err == nil && strings.Trim(value, "0123456789") == "" {
			b.retry = ms
		}
	default:
		return fmt.Errorf("unknown field in line %q", line)
	}
	return nil
}

func (b *block) frame(lastID string) (Frame, error) {
	f := Frame{Event: b.event, ID: b.id, HasID: b.hasID, LastEventID: lastID, Retry: b.retry, Data: b.data}
	if f.Event == "" {
		f.Event = "message"
	}
	if err := json.Unmarshal([]byte(f.Data), &f.Parsed); err != nil {
		return f, fmt.Errorf("data of %q is not an object: %w", f.Event, err)
	}
	return f, nil
}

// Created accepts the frame in which a message with this text arrives.
func Created(text string) func(Frame) bool {
	return func(f Frame) bool {
		if f.Event != "message.created" {
			return false
		}
		m := f.Parsed.Message()
		return m.Text != nil && *m.Text == text
	}
}

// OfType accepts the frames of one type.
func OfType(event string) func(Frame) bool {
	return func(f Frame) bool { return f.Event == event }
}
