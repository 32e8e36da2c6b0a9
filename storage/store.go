package storage

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"homeroom/events"
)

// AnyVersion as an expected version means that the change is made whatever the present version is.
const AnyVersion int64 = 0

// Store is all that the program does with its database. Each method authorises its caller: see [ErrNotFound] and
// [ErrForbidden]. Every method may return an error that wraps [ErrUnavailable]. A write whose context ends may or may
// not be carried out, but never in part.
type Store interface {
	events.Log
	events.Register

	// CreateClass makes the caller its teacher. Like all that create something it may return a [*RepeatError] or
	// [ErrKeyReused] for a draft with a key.
	CreateClass(ctx context.Context, p Principal, draft ClassDraft) (Class, error)
	Classes(ctx context.Context, p Principal, page Page) (List[Class], error)
	Class(ctx context.Context, p Principal, class string) (Class, error)
	// UpdateClass may return a [*VersionError] whose Current is a Class.
	UpdateClass(ctx context.Context, p Principal, class string, change ClassChange, version int64) (Class, error)
	DeleteClass(ctx context.Context, p Principal, class string, version int64) error

	Members(ctx context.Context, p Principal, class string, page Page) (List[Member], error)
	Member(ctx context.Context, p Principal, class, user string) (Member, error)
	// PutMember adds a member or changes one, and reports which.
	PutMember(ctx context.Context, p Principal, class, user string, change MemberChange, version int64) (m Member, created bool, err error)
	RemoveMember(ctx context.Context, p Principal, class, user string, version int64) error
	// MuteMember has a member read and not post until a moment; it is [ErrMuteTime] when that isn't ahead, or too far.
	MuteMember(ctx context.Context, p Principal, class, user string, until events.Time, version int64) (Member, error)
	// UnmuteMember ends that. Of one who isn't muted it changes nothing.
	UnmuteMember(ctx context.Context, p Principal, class, user string, version int64) error

	// SetJoinCode makes a class's join code, and another one in place of the one there was.
	SetJoinCode(ctx context.Context, p Principal, class string) (JoinCode, error)
	// JoinCode returns [ErrNotFound] where there is none.
	JoinCode(ctx context.Context, p Principal, class string) (JoinCode, error)
	DropJoinCode(ctx context.Context, p Principal, class string) error
	// JoinClass makes the caller a student of a class whose code they have, and reports whether they weren't a member
	// before. Anything else is [ErrWrongCode].
	JoinClass(ctx context.Context, p Principal, class string, draft JoinDraft) (m Member, joined bool, err error)

	// CreateMessage may return a [*MutedError], a [*PausedError], a [*SlowModeError] or a [*HeldBackError].
	CreateMessage(ctx context.Context, p Principal, class string, draft MessageDraft) (Message, error)
	Messages(ctx context.Context, p Principal, class string, page Page, order Order) (List[Message], error)
	Message(ctx context.Context, p Principal, class, message string) (Message, error)
	// TopMessages are Messages without replies.
	TopMessages(ctx context.Context, p Principal, class string, page Page, order Order) (List[Message], error)
	Replies(ctx context.Context, p Principal, class, message string, page Page, order Order) (List[Message], error)
	// FormerTexts are what a message said before it was edited, oldest first; for its author and for teachers.
	FormerTexts(ctx context.Context, p Principal, class, message string, page Page) (List[FormerText], error)
	// EditMessage may return a [*PausedError] or a [*HeldBackError] too.
	EditMessage(ctx context.Context, p Principal, class, message, text string, version int64) (Message, error)
	DeleteMessage(ctx context.Context, p Principal, class, message string, version int64) error

	// HeldMessages are those that were held back, the newest first; for teachers, who are told of each.
	HeldMessages(ctx context.Context, p Principal, class string, page Page) (List[HeldMessage], error)
	// DismissMessage forgets one. The pause of its author goes on.
	DismissMessage(ctx context.Context, p Principal, class, held string) error
	// ReleaseMessage posts one now, as its author's, and ends the author's pause in this process. It is [ErrAuthorGone]
	// where the author is no longer a member.
	ReleaseMessage(ctx context.Context, p Principal, class, held string, attempt Attempt) (Message, error)

	// CreateBulletin publishes an announcement or an assignment, or plans to. Like UpdateBulletin it may return a
	// [*FieldError] for a time.
	CreateBulletin(ctx context.Context, p Principal, class string, draft BulletinDraft) (BulletinView, error)
	// Bulletins are a class's of a kind, those first that were or will be published last; only those that are pinned,
	// or are not, where that is asked for.
	Bulletins(ctx context.Context, p Principal, class string, kind BulletinKind, pinned *bool, page Page) (List[BulletinView], error)
	Bulletin(ctx context.Context, p Principal, key BulletinKey) (BulletinView, error)
	// UpdateBulletin may return a [*VersionError] whose Current is a BulletinView.
	UpdateBulletin(ctx context.Context, p Principal, key BulletinKey, change BulletinChange, version int64) (BulletinView, error)
	DeleteBulletin(ctx context.Context, p Principal, key BulletinKey, version int64) error
	// Acknowledge notes that the caller has seen a bulletin, and answers what stands then.
	Acknowledge(ctx context.Context, p Principal, key BulletinKey) (Acknowledgement, error)
	// Acknowledgements are who has acknowledged a bulletin and who has not; for teachers.
	Acknowledgements(ctx context.Context, p Principal, key BulletinKey, state AcknowledgementState, page Page) (AcknowledgementList, error)
	// RunJobs publishes bulletins and sends reminders as their time comes, until ctx ends. Any number of processes may
	// do so on one database: each job is done once.
	RunJobs(ctx context.Context, s Schedule)

	// UpdateReceipt moves the caller's receipt on, and answers what stands then; what is behind it changes nothing. It
	// is [ErrReceiptAhead] past the end of the class's log.
	UpdateReceipt(ctx context.Context, p Principal, class string, change ReceiptChange) (Receipt, error)
	// Delivered notes in the background that what a class's log has up to a seq has been delivered to the caller. It
	// never blocks, and may be lost with the process: it is what a client's next cursor says again.
	Delivered(p Principal, class string, seq int64)
	// Receipts has every member of the class, by user id.
	Receipts(ctx context.Context, p Principal, class string, page Page) (List[Receipt], error)
	MessageReceipts(ctx context.Context, p Principal, class, message string) (MessageReceipts, error)

	// MayType returns the caller as a member who may post in a class now, or nil for an admin who is no member.
	MayType(ctx context.Context, p Principal, class string) (*Member, error)
	// LastSeen has every member of a class with when they were last seen, by user id.
	LastSeen(ctx context.Context, p Principal, class string, page Page) (List[LastSeen], error)
	// Attendance tells how long each member was present in a class, by user id. It is for teachers.
	Attendance(ctx context.Context, p Principal, class string, span Span, page Page) (List[Attendance], error)

	// PutPosition keeps where the caller's last stream of a class ended. For one who may no longer read the class it
	// does nothing.
	PutPosition(ctx context.Context, p Principal, class string, at events.Cursor) error
	// Position is where it ended, or nil where none is known.
	Position(ctx context.Context, p Principal, class string) (*events.Cursor, error)

	// Notifications are the caller's inbox over all classes, the newest first.
	Notifications(ctx context.Context, p Principal, filter NotificationFilter, page Page) (Inbox, error)
	// ReadNotifications marks some of them as read, and answers how many are unread then.
	ReadNotifications(ctx context.Context, p Principal, marks ReadMarks) (unread int64, err error)
	Preferences(ctx context.Context, p Principal) (events.Preferences, error)
	// PutPreferences may return a [*VersionError] whose Current is an events.Preferences.
	PutPreferences(ctx context.Context, p Principal, change PreferencesChange, version int64) (events.Preferences, error)

	// CreateNotice tells everybody something, until it expires. Admins may; it is [ErrTooManyNotices] beyond [MaxNotices].
	CreateNotice(ctx context.Context, p Principal, draft NoticeDraft) (events.Notice, error)
	// Notices are those that haven't expired, oldest first.
	Notices(ctx context.Context, p Principal, page Page) (List[events.Notice], error)
	// Notice is for everybody, like all notices.
	Notice(ctx context.Context, id string) (events.Notice, error)
	// WithdrawNotice has a notice expire at once. Admins may.
	WithdrawNotice(ctx context.Context, p Principal, id string) error

	// SigningKey is the service's own key, 32 random bytes, the same for all processes on one database. It is made when it
	// is first asked for.
	SigningKey(ctx context.Context) ([]byte, error)
	// RevokeSession has the caller's session refused from now on, until it would have expired. Of a caller who has revoked
	// [MaxRevokedSessions] all that was issued until now is refused, and kept so for a time.
	RevokeSession(ctx context.Context, p Principal, session string, expires events.Time, keep time.Duration) (events.Revocation, error)
	// EndSessions has all that was issued to a user until now refused, and keeps it so for a time. Admins may.
	EndSessions(ctx context.Context, p Principal, user string, keep time.Duration) (events.Revocation, error)

	// OnCommit names who is handed committed events, in seq order per channel, before the write's caller is
	// answered. It is called once, before the first write.
	OnCommit(publish func([]events.Event))
	// Trim deletes what is no longer to be kept, and returns how many rows that was.
	Trim(ctx context.Context, keep Retention) (int, error)
	// OnReceipts names who is told of receipts that have changed, after their commit. It is called once, before the
	// first write.
	OnReceipts(tell func([]events.Receipt))
	// Register has metrics of the writes exported. Without it they are counted all the same.
	Register(reg prometheus.Registerer)
	// RotateEpoch gives the log a new epoch, so that every cursor gets a resync: for after a backup was restored.
	RotateEpoch(ctx context.Context) (epoch string, err error)
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	// Close finishes the writes that were accepted and lets go of the database.
	Close() error
}

// Order is the order of a list of messages.
type Order string

// The orders, by seq.
const (
	NewestFirst Order = "desc"
	OldestFirst Order = "asc"
)
