package handlers

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"homeroom/events"
	"homeroom/storage"
)

// maxTitle is the longest title, in code points: a line of a list.
const maxTitle = 200

// bulletinBody is the body of a call that makes or changes a bulletin. What only one kind has is read apart.
type bulletinBody struct {
	Title                   *string  `json:"title"`
	Text                    *string  `json:"text"`
	RequiresAcknowledgement *bool    `json:"requires_acknowledgement"`
	PublishAt               nullable `json:"publish_at"`

	Pinned    *bool   `json:"-"`
	DueAt     *string `json:"-"`
	Reminders []int64 `json:"-"`
}

// nullable is a text in which null says something else than leaving it away.
type nullable struct {
	given bool
	text  *string // nil for null
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (n *nullable) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	n.given = true
	return json.UnmarshalDecode(from, &n.text)
}

// readBulletin reads the body of a call about a kind.
func readBulletin(w http.ResponseWriter, r *http.Request, kind storage.BulletinKind) (bulletinBody, error) {
	if kind == storage.Announcement {
		var body struct {
			bulletinBody
			Pinned *bool `json:"pinned"`
		}
		err := readBody(w, r, &body)
		body.bulletinBody.Pinned = body.Pinned
		return body.bulletinBody, err
	}
	var body struct {
		bulletinBody
		DueAt     *string `json:"due_at"`
		Reminders []int64 `json:"reminders"`
	}
	err := readBody(w, r, &body)
	body.bulletinBody.DueAt, body.bulletinBody.Reminders = body.DueAt, body.Reminders
	return body.bulletinBody, err
}

// moment checks a time that may be absent.
func (c *checks) moment(field string, value *string) events.Time {
	if value == nil {
		return 0
	}
	at, err := time.Parse(time.RFC3339, *value)
	if err != nil {
		c.add(field, "must be a time like 2026-11-22T10:00:00Z")
	}
	return max(1, events.Time(at.UnixMilli())) // 0 is none
}

// reminders checks how many seconds before it is due an assignment's reminders are sent.
func (c *checks) reminders(offsets []int64) []int64 {
	const most = int64(storage.MaxReminderFar / time.Second)
	if len(offsets) > storage.MaxReminders {
		c.add("reminders", fmt.Sprintf("must be at most %d", storage.MaxReminders))
	}
	for _, offset := range offsets {
		if offset < 0 || offset > most {
			c.add("reminders", fmt.Sprintf("must be sent from 0 to %d seconds before it is due", most))
			break
		}
	}
	return offsets
}

// bulletinDraft is the body of a call that makes a bulletin.
func bulletinDraft(w http.ResponseWriter, r *http.Request, kind storage.BulletinKind) (storage.BulletinDraft, error) {
	body, err := readBulletin(w, r, kind)
	if err != nil {
		return storage.BulletinDraft{}, err
	}
	var c checks
	draft := storage.BulletinDraft{
		Kind: kind, Title: c.line("title", body.Title, maxTitle), Text: c.text("text", body.Text, maxText),
		Pinned:                  body.Pinned != nil && *body.Pinned,
		RequiresAcknowledgement: body.RequiresAcknowledgement != nil && *body.RequiresAcknowledgement,
		PublishAt:               c.moment("publish_at", body.PublishAt.text),
		DueAt:                   c.moment("due_at", body.DueAt),
		Reminders:               c.reminders(body.Reminders),
	}
	if kind == storage.Assignment && body.DueAt == nil {
		c.add("due_at", "is required")
	}
	if kind == storage.Assignment && body.Reminders == nil {
		draft.Reminders = storage.DefaultReminders
	}
	return draft, c.err()
}

// bulletinChange is the body of a call that changes a bulletin.
func bulletinChange(w http.ResponseWriter, r *http.Request, kind storage.BulletinKind) (storage.BulletinChange, error) {
	body, err := readBulletin(w, r, kind)
	if err != nil {
		return storage.BulletinChange{}, err
	}
	var c checks
	change := storage.BulletinChange{
		Title: body.Title, Text: body.Text, RequiresAcknowledgement: body.RequiresAcknowledgement,
		Pinned: body.Pinned, Reminders: c.reminders(body.Reminders),
	}
	if body.Title != nil {
		c.line("title", body.Title, maxTitle)
	}
	if body.Text != nil {
		c.text("text", body.Text, maxText)
	}
	if body.PublishAt.given {
		change.PublishAt = new(c.moment("publish_at", body.PublishAt.text))
	}
	if body.DueAt != nil {
		change.DueAt = new(c.moment("due_at", body.DueAt))
	}
	if change.Empty() {
		c.add("title", "or another field is required")
	}
	return change, c.err()
}
