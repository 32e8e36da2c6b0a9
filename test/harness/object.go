package harness

import (
	"encoding/json"
	"strings"
	"time"
)

// Class is a class as the wire has it.
type Class struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Role      *string   `json:"role"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Read      *int64    `json:"read"`
	Unread    *int64    `json:"unread"`

	ArchivedAt *time.Time `json:"archived_at"`
	Locked     bool       `json:"locked"`
	SlowMode   int        `json:"slow_mode_seconds"`
}

// Member is a member as the wire has it.
type Member struct {
	Class     string    `json:"class"`
	User      string    `json:"user"`
	Name      *string   `json:"name"`
	Role      string    `json:"role"`
	Version   int64     `json:"version"`
	JoinedAt  time.Time `json:"joined_at"`
	UpdatedAt time.Time `json:"updated_at"`

	MutedUntil *time.Time `json:"muted_until"`
}

// Message is a message as the wire has it.
type Message struct {
	ID        string     `json:"id"`
	Class     string     `json:"class"`
	Seq       int64      `json:"seq"`
	Author    string     `json:"author"`
	Text      *string    `json:"text"`
	ParentID  *string    `json:"parent_id"`
	Version   int64      `json:"version"`
	CreatedAt time.Time  `json:"created_at"`
	EditedAt  *time.Time `json:"edited_at"`
	DeletedAt *time.Time `json:"deleted_at"`

	ReplyCount  int64      `json:"reply_count"`
	LastReplyAt *time.Time `json:"last_reply_at"`
	Mentions    []string   `json:"mentions"`
}

// FormerText is what a message said before an edit.
type FormerText struct {
	Version int64     `json:"version"`
	Text    string    `json:"text"`
	At      time.Time `json:"at"`
	Editor  string    `json:"editor"`
}

// JoinCode is a class's join code.
type JoinCode struct {
	Code      string    `json:"code"`
	CreatedAt time.Time `json:"created_at"`
}

// Page is a page of a list.
type Page[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

// Event is what a frame of the stream carries in data, and an entry of the
// events call. Control events use the lower half.
type Event struct {
	Type  string          `json:"type"`
	Class string          `json:"class"`
	Seq   int64           `json:"seq"`
	At    time.Time       `json:"at"`
	Actor string          `json:"actor"`
	Data  json.RawMessage `json:"data"`

	ClientKey string `json:"client_key"` // "" where there is none

	Cursor      string   `json:"cursor"`
	Connection  string   `json:"connection"`
	HeartbeatMS int64    `json:"heartbeat_ms"`
	RetryMS     int64    `json:"retry_ms"`
	Reason      string   `json:"reason"`
	Lost        *Lost    `json:"lost"`
	Reload      []string `json:"reload"`
}

// Lost is the range of class seqs that a resync could not replay.
type Lost struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// The channels of the log. Seq is contiguous in each of them.
const (
	ClassChannel  = "class"
	InboxChannel  = "user"
	SystemChannel = "system"
)

// Channel is the channel that a logged event is an entry of, empty for
// everything else.
func (e Event) Channel() string {
	kind, _, _ := strings.Cut(e.Type, ".")
	switch {
	case e.Seq == 0:
		return ""
	case kind == "notification", kind == "preferences":
		return InboxChannel
	case kind == "system":
		return SystemChannel
	default:
		return ClassChannel
	}
}

// OfClass reports whether the event is an entry of its class's log, rather
// than of my inbox or a notice, which a stream carries along.
func (e Event) OfClass() bool { return e.Channel() == ClassChannel }

// Message is the payload of a message event; the zero message for others.
func (e Event) Message() Message {
	var m Message
	_ = json.Unmarshal(e.Data, &m)
	return m
}

// Member is the payload of a member event; the zero member for others.
func (e Event) Member() Member {
	var m Member
	_ = json.Unmarshal(e.Data, &m)
	return m
}

// EventPage is what the events call answers.
type EventPage struct {
	Events []json.RawMessage `json:"events"`
	Cursor string            `json:"cursor"`
}

// Parsed are the events of the page.
func (p EventPage) Parsed() []Event {
	events := make([]Event, len(p.Events))
	for i, raw := range p.Events {
		_ = json.Unmarshal(raw, &events[i])
	}
	return events
}

// Problem is an RFC 9457 problem.
type Problem struct {
	Type    string          `json:"type"`
	Title   string          `json:"title"`
	Status  int             `json:"status"`
	Detail  string          `json:"detail"`
	Code    string          `json:"code"`
	Errors  []FieldError    `json:"errors"`
	Current json.RawMessage `json:"current"`
}

// FieldError is what is wrong with one field of a request body.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}
