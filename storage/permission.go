package storage

//go:generate go test -run ^TestPermissionsAreDocumented$ -update

// Action is something that needs a permission, in the words of docs/permissions.md.
type Action string

// The actions in a class.
const (
	ReadClass      Action = "read the class, its lists and its log, and follow it"
	Acknowledge    Action = "acknowledge what was received and read, and announcements and assignments that ask for it"
	Post           Action = "post messages"
	Type           Action = "tell that one is typing"
	EditMessages   Action = "edit messages"
	Moderate       Action = "delete messages"
	ReadHistory    Action = "read what messages said before they were edited"
	RemoveMembers  Action = "remove members"
	ManageMembers  Action = "add members, set their roles, and manage the join code"
	MuteStudents   Action = "mute and unmute students"
	MuteAssistants Action = "mute and unmute assistants"
	MuteTeachers   Action = "mute and unmute teachers"
	MuteOneself    Action = "mute and unmute oneself"
	Publish        Action = "publish, change and delete announcements and assignments"
	ReadAttendance Action = "see who was present, and when"
	Oversee        Action = "see who has acknowledged what, and what is yet to be published"
	ReviewHeld     Action = "see and dismiss messages that were held back"
	ReleaseHeld    Action = "release messages that were held back"
	ManageClass    Action = "change, archive, lock, slow down and delete the class"
)

// The actions that no role in a class decides.
const (
	UseService    Action = "sign in, and list and follow one's own classes"
	CreateClasses Action = "create classes"
	JoinClasses   Action = "join a class with its code"
	ManageNotices Action = "publish and withdraw system notices"
	Administer    Action = "list live connections and close them"
	EndSessions   Action = "end all sessions of a user"
)

// scope is how far a permission reaches.
type scope string

const (
	no  scope = "no"
	own scope = "own" // with what is the caller's own: a message that they wrote, their membership
	yes scope = "yes"
)

// permission says who may do an action in a class, and what may forbid it for the time being. Conditions are looked at
// in their order. An admin who is a member too has the wider of two scopes.
type permission struct {
	action                             Action
	admin, teacher, assistant, student scope
	unless                             []condition
}

// permissions is the whole of who may do what in a class: what has no row here is allowed to nobody. A class is not found
// by anybody else than its members and admins. docs/permissions.md is printed from this file, by go generate.
var permissions = [...]permission{
	{ReadClass, yes, yes, yes, yes, nil},
	{Acknowledge, no, own, own, own, nil},
	{Post, yes, yes, yes, yes, []condition{archived, locked, muted, paused, slowed}},
	{Type, yes, yes, yes, yes, []condition{archived, locked, muted}},
	{EditMessages, no, own, own, own, []condition{archived, locked, muted, paused}},
	{Moderate, yes, yes, yes, own, []condition{archived}},
	{ReadHistory, yes, yes, own, own, nil},
	{RemoveMembers, yes, yes, own, own, nil},
	{ManageMembers, yes, yes, no, no, nil},
	{MuteStudents, yes, yes, yes, no, nil},
	{MuteAssistants, yes, yes, no, no, nil},
	{MuteTeachers, no, no, no, no, nil},
	{MuteOneself, no, no, no, no, nil},
	{Publish, yes, yes, no, no, []condition{archived}},
	{Oversee, yes, yes, no, no, nil},
	{ReadAttendance, yes, yes, no, no, nil},
	{ReviewHeld, yes, yes, no, no, nil},
	{ReleaseHeld, yes, yes, no, no, []condition{archived}},
	{ManageClass, yes, yes, no, no, nil},
}

// globalPermission says which global roles may do an action.
type globalPermission struct {
	action                  Action
	admin, teacher, student scope
	unless                  []condition
}

// globalPermissions is the same outside of classes.
var globalPermissions = [...]globalPermission{
	{UseService, yes, yes, yes, nil},
	{CreateClasses, yes, yes, no, nil},
	{JoinClasses, yes, yes, yes, []condition{archived}},
	{ManageNotices, yes, no, no, nil},
	{Administer, yes, no, no, nil},
	{EndSessions, yes, no, no, nil},
}

// condition is a state of a class or of a member that forbids some actions.
type condition string

const (
	archived condition = "archived"  // the class
	locked   condition = "locked"    // the class
	muted    condition = "muted"     // the member
	paused   condition = "paused"    // the member, in all classes, for what looked like spam
	slowed   condition = "slow mode" // the class, and the member's last message was just now
)

// exemption says who is exempt from a condition, and what all others are answered.
type exemption struct {
	condition                          condition
	admin, teacher, assistant, student scope
	answer                             string
}

// exemptions are of each condition.
var exemptions = [...]exemption{
	{archived, no, no, no, no, "409 class_archived"},
	{locked, yes, yes, no, no, "403 class_locked"},
	{muted, yes, yes, no, no, "403 muted"},
	{paused, yes, yes, yes, no, "429 paused"},
	{slowed, yes, yes, yes, no, "429 slow_mode"},
}
