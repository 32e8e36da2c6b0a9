package harness

import (
	"net/http"
	"time"
)

// Bulletin is an announcement or an assignment as the wire has it.
type Bulletin struct {
	ID                      string     `json:"id"`
	Class                   string     `json:"class"`
	Seq                     *int64     `json:"seq"`
	Author                  string     `json:"author"`
	Title                   string     `json:"title"`
	Text                    string     `json:"text"`
	Pinned                  *bool      `json:"pinned"`    // of an announcement
	DueAt                   time.Time  `json:"due_at"`    // of an assignment
	Reminders               []int64    `json:"reminders"` // of an assignment
	RequiresAcknowledgement bool       `json:"requires_acknowledgement"`
	PublishAt               *time.Time `json:"publish_at"`
	PublishedAt             *time.Time `json:"published_at"`
	Version                 int64      `json:"version"`
	CreatedAt               time.Time  `json:"created_at"`
	Acknowledged            bool       `json:"acknowledged"`
	AcknowledgedCount       int64      `json:"acknowledged_count"`
	MemberCount             int64      `json:"member_count"`
}

// Acknowledgement is when a member has acknowledged something; nil where not.
type Acknowledgement struct {
	User           string     `json:"user"`
	AcknowledgedAt *time.Time `json:"acknowledged_at"`
}

// AcknowledgementPage is a page of those who have, and those who have not.
type AcknowledgementPage struct {
	Page[Acknowledgement]
	AcknowledgedCount int64 `json:"acknowledged_count"`
	MemberCount       int64 `json:"member_count"`
}

// Announce creates an announcement or an assignment; kind is its path.
func (c *Client) Announce(class, kind string, body map[string]any) Bulletin {
	c.tb.Helper()
	var m Bulletin
	c.Do(http.MethodPost, ClassPath(class, kind), body).Want(http.StatusCreated).Into(&m)
	return m
}

// Bulletin reads one.
func (c *Client) Bulletin(class, kind, id string) Bulletin {
	c.tb.Helper()
	var m Bulletin
	c.Get(ClassPath(class, kind, id)).Want(http.StatusOK).Into(&m)
	return m
}
