package storage

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"homeroom/events"
)

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

// BulletinKey names a bulletin.
type BulletinKey struct {
	Class string
	Kind  BulletinKind
	ID    string
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

// BulletinQuery asks a [Reader] for a class's bulletins of a kind, those first that were or will be published last.
type BulletinQuery struct {
	Class     string
	Kind      BulletinKind
	Pinned    *bool  // only those that are, or are not
	Scheduled bool   // also those that are not published yet
	User      string // whose acknowledgement is told

	Before   events.Time // beyond (not with) a place in the list: see [Bulletin.ListedAt]
	BeforeID string      // of those that are listed at one moment
	Limit    int
}

// ListedAt is where a bulletin stands in lists: when it is to be published, and once it is, when it was.
func (m *Bulletin) ListedAt() events.Time {
	if m.PublishedAt != 0 {
		return m.PublishedAt
	}
	return m.PublishAt
}

// shows reports whether a caller may know of a bulletin, which may be nil.
func (a *access) shows(m *Bulletin, key BulletinKey) bool {
	return m != nil && m.Class == key.Class && m.Kind == key.Kind && (m.PublishedAt != 0 || a.can(Publish))
}

// tallier counts a bulletin's acknowledgements for a user.
type tallier interface {
	Tally(ctx context.Context, m *Bulletin, user string) (Tally, error)
}

// viewBulletin is a bulletin as a caller sees it.
func viewBulletin(ctx context.Context, t tallier, p Principal, m *Bulletin) (BulletinView, error) {
	tally, err := t.Tally(ctx, m, p.User)
	return BulletinView{*m, tally}, err
}

// Bulletin implements [Store].
func (e *Engine) Bulletin(ctx context.Context, p Principal, key BulletinKey) (view BulletinView, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		m, err := readBulletin(ctx, r, p, key, ReadClass)
		if err != nil {
			return err
		}
		view, err = viewBulletin(ctx, r, p, m)
		return err
	})
	return view, err
}

// readBulletin finds a bulletin for a caller who may do an action in its class.
func readBulletin(ctx context.Context, r Reader, p Principal, key BulletinKey, action Action) (*Bulletin, error) {
	a, err := authorize(ctx, r, p, key.Class, action)
	if err != nil {
		return nil, err
	}
	m, err := r.Bulletin(ctx, key.ID)
	if err == nil && !a.shows(m, key) {
		err = ErrNotFound
	}
	return m, err
}

// Bulletins implements [Store].
func (e *Engine) Bulletins(ctx context.Context, p Principal, class string, kind BulletinKind, pinned *bool, page Page) (list List[BulletinView], err error) {
	q := BulletinQuery{Class: class, Kind: kind, Pinned: pinned, User: p.User, Limit: page.Limit + 1}
	if q.Before, q.BeforeID, err = page.bulletinKey(); err != nil {
		return list, err
	}
	err = e.viewClass(ctx, p, class, func(r Reader, at events.Cursor) error {
		a, err := authorize(ctx, r, p, class, ReadClass)
		if err != nil {
			return err
		}
		q.Scheduled = a.can(Publish)
		bulletins, err := r.Bulletins(ctx, q)
		list = newList(bulletins, page.Limit, func(m *BulletinView) string {
			return fmt.Sprintf("%d %s", m.ListedAt(), m.ID)
		})
		list.At = at
		return err
	})
	return list, err
}

// bulletinKey is key for lists of bulletins; the first page is before the end of time.
func (p Page) bulletinKey() (events.Time, string, error) {
	key, err := p.key()
	if err != nil || key == "" {
		return math.MaxInt64, "", err
	}
	at, id, found := strings.Cut(key, " ")
	before, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !found {
		return 0, "", fmt.Errorf("%w: no position", ErrPage)
	}
	return events.Time(before), id, nil
}
