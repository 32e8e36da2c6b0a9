package events

// Type is the name of an event, signal or control frame, on the wire the SSE field "event" and the member "type".
// The names open, message and error are never used: an EventSource has meanings of its own for them.
type Type string

// Logged types. Each is an entry of a channel, has a seq, and moves the cursor.
const (
	MessageCreated Type = "message.created" // data: the message
	MessageUpdated Type = "message.updated" // data: the message after the change
	MessageDeleted Type = "message.deleted" // data: the tombstone

	MemberJoined  Type = "member.joined"  // data: the member
	MemberUpdated Type = "member.updated" // data: the member after the change
	MemberLeft    Type = "member.left"    // data: the member as it was

	ClassUpdated Type = "class.updated" // data: the class, without anybody's role
	ClassDeleted Type = "class.deleted" // data: the id; always the last event of its channel

	NotificationCreated Type = "notification.created" // data: the notification; in an inbox

	SystemNotice Type = "system.notice" // data: the notice; in the system channel

	PreferencesUpdated  Type = "preferences.updated"  // data: the user's preferences after the change; in an inbox
	AnnouncementCreated Type = "announcement.created" // data: the announcement, when it is published
	AnnouncementUpdated Type = "announcement.updated" // data: the announcement after the change
	AnnouncementDeleted Type = "announcement.deleted" // data: the id

	AssignmentCreated Type = "assignment.created" // data: the assignment, when it is published
	AssignmentUpdated Type = "assignment.updated" // data: the assignment after the change
	AssignmentDeleted Type = "assignment.deleted" // data: the id
	AssignmentDue     Type = "assignment.due"     // data: the assignment, and how long before it is due
)

// Signals are never logged and have no id.
const (
	Heartbeat      Type = "heartbeat"
	ReceiptUpdated Type = "receipt.updated" // data: the receipts that changed

	TypingUpdated    Type = "typing.updated"    // data: who types
	PresenceSnapshot Type = "presence.snapshot" // data: who is there
	PresenceUpdated  Type = "presence.updated"  // data: whose state changed
)

// Control frames speak of the stream itself.
const (
	StreamReady   Type = "stream.ready"
	StreamClosing Type = "stream.closing"
	Resync        Type = "resync"
)

// offered are the types that a reader may choose from. Control frames and heartbeats come in any case.
var offered = map[Type]bool{
	MessageCreated: true, MessageUpdated: true, MessageDeleted: true,
	MemberJoined: true, MemberUpdated: true, MemberLeft: true,
	ClassUpdated: true, ClassDeleted: true,
	NotificationCreated: true,
	SystemNotice:        true,
	PreferencesUpdated:  true,
	AnnouncementCreated: true, AnnouncementUpdated: true, AnnouncementDeleted: true,
	AssignmentCreated: true, AssignmentUpdated: true, AssignmentDeleted: true, AssignmentDue: true,
	ReceiptUpdated: true,
	TypingUpdated:  true, PresenceSnapshot: true, PresenceUpdated: true,
}

// Offered reports whether a reader may choose to get t and not others.
func (t Type) Offered() bool { return offered[t] }
