package harness

import (
	"net/http"
	"time"
)

// HeldMessage is a message that was held back, as the wire has it.
type HeldMessage struct {
	ID          string    `json:"id"`
	Class       string    `json:"class"`
	Author      string    `json:"author"`
	Text        string    `json:"text"`
	ParentID    *string   `json:"parent_id"`
	Reason      string    `json:"reason"`
	HeldAt      time.Time `json:"held_at"`
	PausedUntil time.Time `json:"paused_until"`
}

// Held are the messages of a class that were held back, the newest first.
func (c *Client) Held(class string) []HeldMessage {
	c.tb.Helper()
	return List[HeldMessage](c, ClassPath(class, "held-messages"), nil)
}

// Release posts a message that was held back.
func (c *Client) Release(class, held string) Message {
	c.tb.Helper()
	var m Message
	c.Do(http.MethodPost, ClassPath(class, "held-messages", held, "release"), nil).Want(http.StatusCreated).Into(&m)
	return m
}
