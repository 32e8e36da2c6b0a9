package load

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"
)

const (
	firstBuffer = 2 << 10 // bytes; above the frame of a usual message, and there is one for each stream
	maxFrame    = 1 << 20 // bytes; above any frame that the service sends
	maxEmpty    = 100     // reads in a row that bring nothing
)

var errFrameTooLong = errors.New("frame is longer than any that the service sends")

// frame is one block of an event stream. Its slices hold until the next one is read.
type frame struct {
	id    []byte
	hasID bool // a block without id leaves the last one as it is
	event []byte
	data  []byte
	retry time.Duration // 0: not given
}

// parser reads an event stream as the HTML standard has it (section 9.2.6), except that it also returns blocks that
// have only an id or retry. It keeps one block in memory, and copies nothing but data of several lines.
type parser struct {
	r           io.Reader
	buf         []byte
	start       int // of the block in buf
	pos         int // of the next line in buf
	end         int // of what was read
	begun       bool
	afterReturn bool // the last line ended with CR: a LF that follows belongs to it
	joined      []byte
}

func newParser(r io.Reader) *parser { return &parser{r: r, buf: make([]byte, firstBuffer)} }

// span is a part of the block, counted from its start, since the block moves in the buffer.
type span struct{ from, to int }

// fields are the parts of a block while it is read.
type fields struct {
	any             bool
	id, event, data span
	hasID           bool
	lines           int // of data
	retry           time.Duration
}

// next reads the next block that says anything. A block that the stream's end cuts short counts for nothing.
func (p *parser) next() (frame, error) {
	p.restart()
	var f fields
	for {
		line, err := p.line()
		if err != nil {
			return frame{}, err
		}
		switch {
		case line.from < line.to:
			p.field(&f, line)
		case f.any:
			return p.frame(&f), nil
		default:
			p.restart()
		}
	}
}

// restart begins a block.
func (p *parser) restart() {
	if p.pos == p.end {
		p.pos, p.end = 0, 0
	}
	p.start = p.pos
}

// text is what a span stands for.
func (p *parser) text(s span) []byte { return p.buf[p.start+s.from : p.start+s.to] }

// frame is the block that was read.
func (p *parser) frame(f *fields) frame {
	out := frame{id: p.text(f.id), hasID: f.hasID, event: p.text(f.event), data: p.text(f.data), retry: f.retry}
	if f.lines > 1 {
		out.data = p.joined
	}
	return out
}

// field takes a line into the block.
func (p *parser) field(f *fields, line span) {
	text := p.text(line)
	name, _, hasColon := bytes.Cut(text, []byte(":"))
	value := span{line.to, line.to}
	if hasColon {
		value.from = line.from + len(name) + 1
		if value.from < value.to && p.buf[p.start+value.from] == ' ' {
			value.from++
		}
	}
	switch string(name) {
	case "event":
		f.event, f.any = value, true
	case "id":
		if bytes.IndexByte(p.text(value), 0) < 0 {
			f.id, f.hasID, f.any = value, true, true
		}
	case "data":
		p.dataLine(f, value)
	case "retry":
		if ms, err := strconv.ParseUint(string(p.text(value)), 10, 31); err == nil {
			f.retry, f.any = time.Duration(ms)*time.Millisecond, true
		}
	}
}

// dataLine adds a line of data.
func (p *parser) dataLine(f *fields, value span) {
	switch f.lines {
	case 0:
		f.data = value
	case 1:
		p.joined = append(append(append(p.joined[:0], p.text(f.data)...), '\n'), p.text(value)...)
	default:
		p.joined = append(append(p.joined, '\n'), p.text(value)...)
	}
	f.lines++
	f.any = true
}

// line reads a line, which ends with LF, CR or both.
func (p *parser) line() (span, error) {
	scanned := 0
	for {
		if p.afterReturn && p.pos < p.end {
			if p.buf[p.pos] == '\n' {
				p.pos++
			}
			p.afterReturn = false
		}
		rest := p.buf[p.pos:p.end]
		if i := lineEnd(rest[scanned:]); i >= 0 {
			i += scanned
			line := span{p.pos - p.start, p.pos - p.start + i}
			p.afterReturn = rest[i] == '\r'
			p.pos += i + 1
			return p.withoutMark(line), nil
		}
		scanned = len(rest)
		if err := p.fill(); err != nil {
			return span{}, err
		}
	}
}

// withoutMark takes the byte order mark from the first line.
func (p *parser) withoutMark(line span) span {
	if !p.begun {
		p.begun = true
		if bytes.HasPrefix(p.text(line), []byte("\xef\xbb\xbf")) {
			line.from += 3
		}
	}
	return line
}

// lineEnd finds the first LF or CR, or is -1.
func lineEnd(b []byte) int {
	lf := bytes.IndexByte(b, '\n')
	if lf >= 0 {
		b = b[:lf]
	}
	if cr := bytes.IndexByte(b, '\r'); cr >= 0 {
		return cr
	}
	return lf
}

// fill reads more, making room for it.
func (p *parser) fill() error {
	if p.end == len(p.buf) {
		if p.start == 0 && len(p.buf) >= maxFrame {
			return errFrameTooLong
		}
		into := p.buf
		if p.start == 0 {
			into = make([]byte, 2*len(p.buf))
		}
		p.end = copy(into, p.buf[p.start:p.end])
		p.buf, p.pos, p.start = into, p.pos-p.start, 0
	}
	for range maxEmpty {
		n, err := p.r.Read(p.buf[p.end:])
		p.end += n
		if n > 0 {
			return nil // an error comes again
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}
