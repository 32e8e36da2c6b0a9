package storage

import "homeroom/events"

// BulletinKind tells announcements from assignments.
type BulletinKind string

// The kinds of bulletins.
const (
	Announcement BulletinKind = "announcement"
	Assignment   BulletinKind = "assignment"
)

// Bulletin is what a class's teachers publish, at once or at a time: an announcement, or an assignment, which is due at
// a time too. Its JSON is the data of its events. Until it is published only teachers know of it.
type Bulletin struct {
	Kind   BulletinKind `json:"-"`
	ID     string       `json:"id"`
	Class  string       `json:"class"`
	Seq    *int64       `json:"seq"` // of the event that published it; nil until then
	Author string       `json:"author"`
	Title  string       `json:"title"`
	Text   string       `json:"text"`

	Pinned    *bool       `json:"pinned,omitzero"`    // of an announcement, else nil
	DueAt     events.Time `json:"due_at,omitzero"`    // of an assignment, else 0
	Reminders []int64     `json:"reminders,omitzero"` // of an assignment: how many seconds before it is due, the most first; else nil

	RequiresAcknowledgement bool `json:"requires_acknowledgement"`

	PublishAt   events.Time `json:"publish_at"`   // when it is or was to be published; none where that was at once
	PublishedAt events.Time `json:"published_at"` // none until it is
	Version     int64       `json:"version"`      // 1 at first, one more with each change
	CreatedAt   events.Time `json:"created_at"`
	UpdatedAt   events.Time `json:"updated_at"`

	// NotificationID is made when it is published: such ids, and those of reminders, are in the order of time.
	NotificationID string `json:"-"`
}

// Tally is how far a bulletin's acknowledgement has come. Its author is not counted: neither among the members nor
// among those who have acknowledged it.
type Tally struct {
	Acknowledged      bool  `json:"acknowledged"` // by the caller
	AcknowledgedCount int64 `json:"acknowledged_count"`
	MemberCount       int64 `json:"member_count"`
}

// BulletinView is a bulletin as its caller sees it.
type BulletinView struct {
	Bulletin
	Tally
}

// listedAt is where a bulletin stands in lists: when it is to be published, and once it is, when it was.
func (b *Bulletin) listedAt() events.Time {
	if b.PublishedAt != 0 {
		return b.PublishedAt
	}
	return b.PublishAt
}
