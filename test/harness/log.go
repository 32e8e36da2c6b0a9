package harness

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Record is one line of the server's JSON log.
type Record map[string]any

// Message is the constant part of the line.
func (r Record) Message() string { return r.Text("msg") }

// Text is an attribute as text, empty where it is missing.
func (r Record) Text(key string) string {
	text, _ := r[key].(string)
	return text
}

// Log collects what a process writes to stderr.
type Log struct {
	bell    bell
	mu      sync.Mutex // guards the rest
	lines   []string
	records []Record
	noise   []string // lines that are no records
	ended   bool
}

// follow reads until the process closes its end.
func (l *Log) follow(r io.Reader) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			l.add(line)
		}
		if err != nil {
			break
		}
	}
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	l.bell.ring()
}

func (l *Log) add(line string) {
	record := Record{}
	isRecord := bytes.HasPrefix([]byte(line), []byte("{")) && json.Unmarshal([]byte(line), &record) == nil
	l.mu.Lock()
	l.lines = append(l.lines, line)
	if isRecord {
		l.records = append(l.records, record)
	} else {
		l.noise = append(l.noise, line)
	}
	l.mu.Unlock()
	l.bell.ring()
}

// find returns the first record with this message and these attributes.
func (l *Log) find(msg string, attrs map[string]string) Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.records {
		if r.Message() == msg && r.has(attrs) {
			return r
		}
	}
	return nil
}

func (r Record) has(attrs map[string]string) bool {
	for key, want := range attrs {
		if r.Text(key) != want {
			return false
		}
	}
	return true
}

// Lines is everything written so far.
func (l *Log) Lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// Records are the log lines so far, with the message given, or all of them.
func (l *Log) Records(msg string) []Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []Record
	for _, r := range l.records {
		if msg == "" || r.Message() == msg {
			found = append(found, maps.Clone(r))
		}
	}
	return found
}

// Noise are the lines that are no log records: panics and data races.
func (l *Log) Noise() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.noise)
}

// worries are the lines of warnings and errors, and those that are no records.
func (l *Log) worries() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for _, line := range l.lines {
		if !strings.Contains(line, `"level":"INFO"`) && !strings.Contains(line, `"level":"DEBUG"`) {
			found = append(found, line)
		}
	}
	return found
}

func (l *Log) hasEnded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}
