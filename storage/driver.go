package storage

import (
	"context"

	"homeroom/events"
)

// Driver speaks one database's SQL for an [Engine]. It knows rows and transactions, and no rules.
//
// Errors of a database that can't be reached, or that can't write, wrap [ErrUnavailable]; after such an error the
// outcome of a commit is unknown. After any other error of a [Tx] nothing of it was written.
type Driver interface {
	// Begin starts the committer's transaction: it locks the channels that are needed against other processes, in
	// an order that is the same everywhere, and then reads the rows.
	Begin(ctx context.Context, needs Needs) (Tx, *Rows, error)
	// View calls read with one consistent snapshot.
	View(ctx context.Context, read func(Reader) error) error
	// Heads and Read are as in [events.Log].
	Heads(ctx context.Context, channels []events.Channel) (events.Heads, error)
	Read(ctx context.Context, channel events.Channel, after int64, limit int) ([]events.Event, error)

	SetEpoch(ctx context.Context, epoch string) error
	Ping(ctx context.Context) error
	Close() error
}

// Needs names what a transaction will look at, so that a driver can fetch it all at once.
type Needs struct {
	Channels []events.Channel
	Classes  []string
	Members  []MemberKey
	Messages []string // the messages that they reply to come along
	Attempts []AttemptKey
	Receipts []MemberKey

	JoinCodes []string // of classes
	Mutes     []MemberKey

	Preferences      []string // of users
	Bulletins        []string
	Acknowledgements []AcknowledgementKey
	Jobs             []JobKey
}

// MemberKey names a member.
type MemberKey struct{ Class, User string }

// Rows are what was needed and exists. A transaction's writes keep them current.
type Rows struct {
	Extents  map[events.Channel]events.Extent
	Classes  map[string]*ClassInfo // without deleted ones
	Members  map[MemberKey]*Member
	Messages map[string]*Message
	Attempts map[AttemptKey]*FirstAttempt
	Receipts map[MemberKey]*Receipt

	JoinCodes map[string]*JoinCode
	Mutes     map[MemberKey]events.Time // of those who left; see [Tx.KeepMute]

	Preferences      map[string]*events.Preferences // by user; none as long as nothing was set
	Bulletins        map[string]*Bulletin
	Acknowledgements map[AcknowledgementKey]*Acknowledgement
	Jobs             map[JobKey]*Job // without those that rest
}

// NewRows is Rows with nothing in it.
func NewRows() *Rows {
	return &Rows{
		Extents:  map[events.Channel]events.Extent{},
		Classes:  map[string]*ClassInfo{},
		Members:  map[MemberKey]*Member{},
		Messages: map[string]*Message{},
		Attempts: map[AttemptKey]*FirstAttempt{},
		Receipts: map[MemberKey]*Receipt{},

		JoinCodes: map[string]*JoinCode{},
		Mutes:     map[MemberKey]events.Time{},

		Preferences:      map[string]*events.Preferences{},
		Bulletins:        map[string]*Bulletin{},
		Acknowledgements: map[AcknowledgementKey]*Acknowledgement{},
		Jobs:             map[JobKey]*Job{},
	}
}

// Tx is a transaction of the committer. Its writes may be queued: an error may come from any later call, at the
// latest from Commit.
type Tx interface {
	PutClass(ctx context.Context, c *ClassInfo) error
	DeleteClass(ctx context.Context, class string, at events.Time) error
	PutMember(ctx context.Context, m *Member) error
	DeleteMember(ctx context.Context, key MemberKey) error
	// KeepMute keeps until when one who leaves is muted, or with 0 forgets it.
	KeepMute(ctx context.Context, key MemberKey, until events.Time) error
	// Teachers counts a class's teachers.
	Teachers(ctx context.Context, class string) (int, error)
	InsertMessage(ctx context.Context, m *Message) error
	UpdateMessage(ctx context.Context, m *Message) error
	// LastReply is when the newest reply to a message that is not deleted was posted; 0 where there is none.
	LastReply(ctx context.Context, parent string) (events.Time, error)
	// LastPost is when an author's newest message of a class was posted, whether or not it is deleted: if that was after a
	// moment, else 0.
	LastPost(ctx context.Context, class, author string, after events.Time) (events.Time, error)
	PutJoinCode(ctx context.Context, c *JoinCode) error
	DeleteJoinCode(ctx context.Context, class string) error
	KeepText(ctx context.Context, f *FormerText) error
	// DropTexts forgets the former texts of a message.
	DropTexts(ctx context.Context, message string) error
	// InsertAttempt fails the transaction if there is one under that key already.
	InsertAttempt(ctx context.Context, a *FirstAttempt) error

	// Trim deletes a channel's events up to a seq, and says so in the channel's extent.
	Trim(ctx context.Context, channel events.Channel, to int64) error
	// Purge deletes at most limit rows of a deleted class, the class's own last, and returns how many.
	Purge(ctx context.Context, class string, limit int) (int, error)
	PutReceipt(ctx context.Context, r *Receipt) error
	// Seen is as in [Reader], as of what was written so far.
	Seen(ctx context.Context, class, user string) (Seen, error)
	PutPosition(ctx context.Context, p *Position) error

	// InsertNotification keeps a notification for an audience, which is a channel; expires is 0 for one that doesn't.
	InsertNotification(ctx context.Context, audience events.Channel, n *events.Notification, expires events.Time) error
	// RewordNotifications gives those of a subject another title and text.
	RewordNotifications(ctx context.Context, subject, title, text string) error
	// DropNotifications deletes those of a subject.
	DropNotifications(ctx context.Context, subject string) error
	// ForgetNotifications deletes at most limit of those from before a moment, and returns how many.
	ForgetNotifications(ctx context.Context, before events.Time, limit int) (int, error)
	// MarkRead marks notifications as read by a user: those up to an id, if it isn't "", and single ones. It keeps at
	// most so many of the latter, the newest, and counts all before them as read.
	MarkRead(ctx context.Context, user, upTo string, ids []string, most int) error
	// ForgetRead deletes at most limit marks of single notifications before an id, and returns how many.
	ForgetRead(ctx context.Context, before string, limit int) (int, error)
	PutPreferences(ctx context.Context, user string, p *events.Preferences) error

	PutNotice(ctx context.Context, n *events.Notice) error
	// CountNotices counts those that haven't expired.
	CountNotices(ctx context.Context, now events.Time) (int, error)
	// Notice is as in [Reader], as of what was written so far.
	Notice(ctx context.Context, id string) (*events.Notice, error)
	// DropNotices deletes at most limit notices that expired before a moment, and returns how many.
	DropNotices(ctx context.Context, before events.Time, limit int) (int, error)
	PutBulletin(ctx context.Context, m *Bulletin) error
	// DeleteBulletin deletes a bulletin with its acknowledgements and reminders.
	DeleteBulletin(ctx context.Context, class, id string) error
	InsertAcknowledgement(ctx context.Context, a *Acknowledgement) error
	// Tally is as in [Reader], as of what was written so far.
	Tally(ctx context.Context, m *Bulletin, user string) (Tally, error)
	InsertReminder(ctx context.Context, r *Reminder) error

	InsertHeld(ctx context.Context, m *HeldMessage) error
	// BoundHeld keeps at most so many held messages of a class, the newest.
	BoundHeld(ctx context.Context, class string, most int) error
	DeleteHeld(ctx context.Context, class, id string) error
	// HeldMessage is as in [Reader], as of what was written so far.
	HeldMessage(ctx context.Context, id string) (*HeldMessage, error)
	// ForgetHeld deletes at most limit held messages from before a moment, and returns how many.
	ForgetHeld(ctx context.Context, before events.Time, limit int) (int, error)

	InsertJob(ctx context.Context, j *Job) error
	DeleteJob(ctx context.Context, key JobKey) error
	// DropJobs deletes the jobs of a subject; of all subjects of the class with "".
	DropJobs(ctx context.Context, class, subject string) error
	// DropMissed deletes the jobs of a class and kind whose time has come.
	DropMissed(ctx context.Context, class string, kind JobKind, now events.Time) error
	// RestJobs has a class's jobs rest, or be done again.
	RestJobs(ctx context.Context, class string, rest bool) error

	// PutSessions adds sessions of a run, or their ends. An end that is there is never taken back.
	PutSessions(ctx context.Context, run string, sessions []events.Session) error
	PutSightings(ctx context.Context, run string, sightings []events.Sighting) error
	// PutRun notes that a run was alive at a moment.
	PutRun(ctx context.Context, run string, at events.Time) error
	// EndRun ends at most limit of what a run left open as of its last sign of life, and returns how many that were. When
	// there is nothing left it forgets the run.
	EndRun(ctx context.Context, run string, limit int) (int, error)
	// ForgetSessions deletes at most limit sessions that began before a moment, and returns how many.
	ForgetSessions(ctx context.Context, before events.Time, limit int) (int, error)

	// ForgetAttempts deletes at most limit attempts from before a moment, and returns how many.
	ForgetAttempts(ctx context.Context, before events.Time, limit int) (int, error)

	// KeepKey keeps a key under a name, unless there is one already, and returns the one that is there then.
	KeepKey(ctx context.Context, name, fresh string) (string, error)
	// PutRevocation adds a revocation, or makes the one that there is reach as far.
	PutRevocation(ctx context.Context, r *events.Revocation) error
	// CountRevocations counts those of a user.
	CountRevocations(ctx context.Context, user string) (int, error)
	// DropRevocations deletes at most limit of those that were to be kept until before a moment, and returns how many.
	DropRevocations(ctx context.Context, before events.Time, limit int) (int, error)

	// Commit adds events to the log, moves the heads of their channels, and commits.
	Commit(ctx context.Context, evs []events.Event, heads map[events.Channel]int64) error
	// Rollback undoes everything. After Commit it does nothing.
	Rollback()
}

// Reader reads a snapshot. A missing row is nil without an error; lists are in order and at most limit long.
type Reader interface {
	Epoch(ctx context.Context) (string, error)
	Extents(ctx context.Context, channels []events.Channel) (map[events.Channel]events.Extent, error)
	// Tail is the newest events of a channel, in seq order.
	Tail(ctx context.Context, channel events.Channel, limit int) ([]events.Event, error)

	// Overdue are channels that have more than count events, or whose oldest one is from before a moment.
	Overdue(ctx context.Context, before events.Time, count int64, limit int) (map[events.Channel]events.Extent, error)
	// Doomed is a class that was deleted before a moment, or "".
	Doomed(ctx context.Context, before events.Time) (string, error)

	Class(ctx context.Context, class string) (*ClassInfo, error)
	// Classes are those of a user, by id, after an id.
	Classes(ctx context.Context, user, after string, limit int) ([]Class, error)
	// ClassIDs are of a user's classes, the greatest first.
	ClassIDs(ctx context.Context, user string, limit int) ([]string, error)
	Member(ctx context.Context, class, user string) (*Member, error)
	// Members are by user id, after an id.
	Members(ctx context.Context, class, after string, limit int) ([]Member, error)
	// UserIDs are of all members of a class.
	UserIDs(ctx context.Context, class string) ([]string, error)
	// TeacherIDs are of those who teach it.
	TeacherIDs(ctx context.Context, class string, limit int) ([]string, error)
	Message(ctx context.Context, message string) (*Message, error)
	// Messages are by seq in an order, beyond (not with) a seq.
	Messages(ctx context.Context, class string, order Order, beyond int64, limit int) ([]Message, error)
	// TopMessages are Messages without replies.
	TopMessages(ctx context.Context, class string, order Order, beyond int64, limit int) ([]Message, error)
	JoinCode(ctx context.Context, class string) (*JoinCode, error)
	// FormerTexts are a message's by version, after a version.
	FormerTexts(ctx context.Context, message string, after int64, limit int) ([]FormerText, error)
	// Replies are as Messages, but those to one message.
	Replies(ctx context.Context, parent string, order Order, beyond int64, limit int) ([]Message, error)
	// Receipts are of all members of a class, also of those who have acknowledged nothing, by user id, after an id.
	Receipts(ctx context.Context, class, after string, limit int) ([]Receipt, error)
	// MessageReceipts counts and names the members other than the author whose receipts have reached a message.
	MessageReceipts(ctx context.Context, m *Message) (MessageReceipts, error)
	// Seen is how much of a class a user has read.
	Seen(ctx context.Context, class, user string) (Seen, error)
	Position(ctx context.Context, class, user string) (*Position, error)

	// MembersAmong are those of users who are members of a class, in any order.
	MembersAmong(ctx context.Context, class string, users []string) ([]string, error)
	// Notifications are those of a user that a filter leaves, the newest first, before an id, as of a moment.
	Notifications(ctx context.Context, user string, filter NotificationFilter, now events.Time, before string, limit int) ([]events.Listed, error)
	// Unread counts a user's notifications that are unread, up to [MaxUnread].
	Unread(ctx context.Context, user string, now events.Time) (int64, error)
	// Preferences are those of users who have set any.
	Preferences(ctx context.Context, users []string) (map[string]*events.Preferences, error)

	HeldMessage(ctx context.Context, id string) (*HeldMessage, error)
	// HeldMessages are a class's, the newest first, before an id.
	HeldMessages(ctx context.Context, class, before string, limit int) ([]HeldMessage, error)

	Notice(ctx context.Context, id string) (*events.Notice, error)
	// Notices are those that haven't expired, by id, after an id.
	Notices(ctx context.Context, now events.Time, after string, limit int) ([]events.Notice, error)
	Bulletin(ctx context.Context, id string) (*Bulletin, error)
	Bulletins(ctx context.Context, q BulletinQuery) ([]BulletinView, error)
	// Tally counts who has acknowledged a bulletin, and says whether a user has.
	Tally(ctx context.Context, m *Bulletin, user string) (Tally, error)
	// Acknowledgements are the members of a bulletin's class but for its author, by user id, after an id.
	Acknowledgements(ctx context.Context, m *Bulletin, state AcknowledgementState, after string, limit int) ([]MemberAcknowledgement, error)
	// Jobs are those that are to be done first, by time, without those that rest.
	Jobs(ctx context.Context, limit int) ([]Job, error)

	// Revocations are those that are to be kept at a moment, in any order.
	Revocations(ctx context.Context, now events.Time) ([]events.Revocation, error)

	// LastSeen are of all members of a class, by user id, after an id.
	LastSeen(ctx context.Context, class, after string, limit int) ([]LastSeen, error)
	// Sessions are those in a class that touch a span, of users after one id up to another, by user id and time.
	Sessions(ctx context.Context, class, after, last string, span Span) ([]Session, error)
	// DeadRun is a run that gave no sign of life since a moment, or "".
	DeadRun(ctx context.Context, before events.Time) (string, error)
}
