package harness

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Notice is a system notice as the wire has it.
type Notice struct {
	ID        string    `json:"id"`
	Level     string    `json:"level"`
	Text      string    `json:"text"`
	Author    string    `json:"author"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Notification is a notification as the wire has it, in a list or an event.
type Notification struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Class   *string   `json:"class"`
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Subject *string   `json:"subject"`
	Title   *string   `json:"title"`
	Text    *string   `json:"text"`
	Role    *string   `json:"role"`
	Silent  bool      `json:"silent"`
	Read    bool      `json:"read"`
}

// Inbox is a page of notifications.
type Inbox struct {
	Page[Notification]
	Unread int `json:"unread"`
}

// The paths of notices and notifications.
const (
	NoticesPath       = "/v1/system/notices"
	NotificationsPath = "/v1/notifications"
	PreferencesPath   = NotificationsPath + "/preferences"
)

// Notify makes a system notice that expires in a while.
func (c *Client) Notify(text string, lasts time.Duration) Notice {
	c.tb.Helper()
	var n Notice
	body := map[string]any{"level": "warning", "text": text, "expires_at": time.Now().Add(lasts).UTC()}
	c.Do(http.MethodPost, NoticesPath, body).Want(http.StatusCreated).Into(&n)
	return n
}

// Inbox reads a page of notifications.
func (c *Client) Inbox(query url.Values) Inbox {
	c.tb.Helper()
	var inbox Inbox
	c.Get(NotificationsPath + "?" + query.Encode()).Want(http.StatusOK).Into(&inbox)
	return inbox
}

// MarkRead marks notifications as read, and returns how many are unread then.
func (c *Client) MarkRead(body map[string]any) int {
	c.tb.Helper()
	var left struct {
		Unread int `json:"unread"`
	}
	c.Do(http.MethodPut, NotificationsPath+"/read", body).Want(http.StatusOK).Into(&left)
	return left.Unread
}

// Notice is the payload of system.notice; the zero notice for others.
func (e Event) Notice() Notice {
	var n Notice
	_ = json.Unmarshal(e.Data, &n)
	return n
}

// Notification is the payload of notification.created; the zero one for others.
func (e Event) Notification() Notification {
	var n Notification
	_ = json.Unmarshal(e.Data, &n)
	return n
}

// Noticed accepts the frame in which a notice with this text arrives.
func Noticed(text string) func(Frame) bool {
	return func(f Frame) bool { return f.Event == "system.notice" && f.Parsed.Notice().Text == text }
}

// Told accepts the frame in which a notification of this kind arrives.
func Told(kind string) func(Frame) bool {
	return func(f Frame) bool {
		return f.Event == "notification.created" && f.Parsed.Notification().Kind == kind
	}
}
