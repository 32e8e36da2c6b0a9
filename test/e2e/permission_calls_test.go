package e2e_test

// attempt is a call that the exhaustive test makes as everybody. Every operation of the contract needs at least one.
type attempt struct {
	operation string // its operationId
	action    string // its row in docs/permissions.md, or public
	on        owned
	user      string // who is {user} in the path: pupil unless it says otherwise
	query     string
	body      string // {placeholders} are filled in as in the path; see scene
	answer    special
	harmless  bool // the attempts after it find what they need even if it is allowed; else the scene is set anew
}

// owned is what may be the caller's own. An attempt on such a thing is made twice: on the caller's, and on another's.
type owned string

const (
	aMessage    owned = "message"
	aMembership owned = "membership"
)

// public is the action of what needs no token.
const public = "public"

// special is an answer that no table decides.
type special string

const (
	onlyDevelopment special = "only in development mode" // else it isn't there
	nothingThere    special = "nothing there"            // what it names isn't there, for those who may know
	perhapsFull     special = "perhaps full"             // or there are as many as there may be already
	joining         special = "joining"                  // a class that isn't there is as good as one with another code, and members are in already
)

// The rows of docs/permissions.md that calls refer to.
const (
	toUse          = "sign in, and list and follow one's own classes"
	toCreate       = "create classes"
	toJoin         = "join a class with its code"
	toNotify       = "publish and withdraw system notices"
	toAdminister   = "list live connections and close them"
	toEndSessions  = "end all sessions of a user"
	toRead         = "read the class, its lists and its log, and follow it"
	toAcknowledge  = "acknowledge what was received and read, and announcements and assignments that ask for it"
	toPost         = "post messages"
	toType         = "tell that one is typing"
	toEdit         = "edit messages"
	toModerate     = "delete messages"
	toReadHistory  = "read what messages said before they were edited"
	toRemove       = "remove members"
	toManage       = "add members, set their roles, and manage the join code"
	toMuteStudent  = "mute and unmute students"
	toMuteHelper   = "mute and unmute assistants"
	toMuteTeacher  = "mute and unmute teachers"
	toMuteOneself  = "mute and unmute oneself"
	toPublish      = "publish, change and delete announcements and assignments"
	toSeePresence  = "see who was present, and when"
	toOversee      = "see who has acknowledged what, and what is yet to be published"
	toReview       = "see and dismiss messages that were held back"
	toRelease      = "release messages that were held back"
	toManageAClass = "change, archive, lock, slow down and delete the class"
)

// attempts are of every operation. A new one takes a line; a new kind of thing that is named in its path takes a
// placeholder in the scene.
var attempts = []attempt{
	{operation: "getPage", action: public},
	{operation: "getAsset", action: public},
	{operation: "getContract", action: public},
	{operation: "getHealth", action: public},
	{operation: "getReadiness", action: public},
	{operation: "getMetrics", action: public},
	{operation: "getDevSession", action: public, answer: onlyDevelopment},
	{operation: "deleteSession", action: public},

	{operation: "createSession", action: toUse, harmless: true},
	{operation: "listClasses", action: toUse},
	{operation: "streamAll", action: toUse, query: "?limit=1"},
	{operation: "createClass", action: toCreate, body: `{"name":"x"}`, harmless: true},
	{operation: "listConnections", action: toAdminister},
	{operation: "closeConnection", action: toAdminister, answer: nothingThere},

	{operation: "endSessions", action: toEndSessions, user: "nobody", harmless: true},

	{operation: "createNotice", action: toNotify, body: `{"level":"info","text":"x","expires_at":"{soon}"}`, answer: perhapsFull, harmless: true},
	{operation: "listNotices", action: toUse},
	{operation: "getNotice", action: toUse, answer: nothingThere},
	{operation: "withdrawNotice", action: toNotify, answer: nothingThere},

	{operation: "listNotifications", action: toUse},
	{operation: "readNotifications", action: toUse, body: `{"up_to":"{class}"}`, harmless: true},
	{operation: "getPreferences", action: toUse},
	{operation: "putPreferences", action: toUse, body: `{"muted_classes":[],"quiet_hours":null}`, harmless: true},
	{operation: "putPresence", action: toUse, body: `{"state":"online"}`, harmless: true},

	{operation: "getClass", action: toRead},
	{operation: "updateClass", action: toManageAClass, body: `{"name":"x"}`, harmless: true},
	{operation: "updateClass", action: toManageAClass, body: `{"archived":true}`},
	{operation: "updateClass", action: toManageAClass, body: `{"archived":false,"locked":false,"slow_mode_seconds":0}`},
	{operation: "deleteClass", action: toManageAClass},

	{operation: "listMembers", action: toRead},
	{operation: "getMember", action: toRead, on: aMembership},
	{operation: "putMember", action: toManage, on: aMembership, body: `{"role":"teacher"}`}, // nobody promotes themselves
	{operation: "deleteMember", action: toRemove, on: aMembership},
	{operation: "muteMember", action: toMuteStudent, body: `{"until":"{soon}"}`, harmless: true},
	{operation: "unmuteMember", action: toMuteStudent, harmless: true},
	{operation: "muteMember", action: toMuteHelper, user: "helper", body: `{"until":"{soon}"}`, harmless: true},
	{operation: "unmuteMember", action: toMuteHelper, user: "helper", harmless: true},
	{operation: "muteMember", action: toMuteTeacher, user: "colleague", body: `{"until":"{soon}"}`, harmless: true},
	{operation: "unmuteMember", action: toMuteTeacher, user: "colleague", harmless: true},
	{operation: "muteMember", action: toMuteOneself, user: "caller", body: `{"until":"{soon}"}`, harmless: true},
	{operation: "unmuteMember", action: toMuteOneself, user: "caller", harmless: true},

	{operation: "getJoinCode", action: toManage},
	{operation: "putJoinCode", action: toManage},
	{operation: "deleteJoinCode", action: toManage},
	{operation: "joinClass", action: toJoin, body: `{"code":"{code}"}`, answer: joining},

	{operation: "createMessage", action: toPost, body: `{"text":"x"}`, harmless: true},
	{operation: "createMessage", action: toPost, body: `{"text":"x","parent_id":"{message}"}`, harmless: true},
	{operation: "listMessages", action: toRead},
	{operation: "getMessage", action: toRead, on: aMessage},
	{operation: "updateMessage", action: toEdit, on: aMessage, body: `{"text":"x"}`, harmless: true},
	{operation: "deleteMessage", action: toModerate, on: aMessage},
	{operation: "listReplies", action: toRead, on: aMessage},
	{operation: "listHistory", action: toReadHistory, on: aMessage},

	{operation: "listHeldMessages", action: toReview},
	{operation: "dismissMessage", action: toReview, answer: nothingThere},
	{operation: "releaseMessage", action: toRelease, answer: nothingThere},

	{operation: "createAnnouncement", action: toPublish, body: `{"title":"x","text":"x"}`, harmless: true},
	{operation: "listAnnouncements", action: toRead},
	{operation: "getAnnouncement", action: toRead},
	{operation: "updateAnnouncement", action: toPublish, body: `{"title":"x"}`, harmless: true},
	{operation: "acknowledgeAnnouncement", action: toAcknowledge, harmless: true},
	{operation: "listAnnouncementAcknowledgements", action: toOversee},
	{operation: "deleteAnnouncement", action: toPublish},

	{operation: "createAssignment", action: toPublish, body: `{"title":"x","text":"x","due_at":"{soon}"}`, harmless: true},
	{operation: "listAssignments", action: toRead},
	{operation: "getAssignment", action: toRead},
	{operation: "updateAssignment", action: toPublish, body: `{"title":"x"}`, harmless: true},
	{operation: "acknowledgeAssignment", action: toAcknowledge, harmless: true},
	{operation: "listAssignmentAcknowledgements", action: toOversee},
	{operation: "deleteAssignment", action: toPublish},

	{operation: "updateReceipt", action: toAcknowledge, body: `{"read":1}`, harmless: true},
	{operation: "listReceipts", action: toRead},
	{operation: "getMessageReceipts", action: toRead, on: aMessage},

	{operation: "listPresence", action: toRead},
	{operation: "listAttendance", action: toSeePresence},
	{operation: "putTyping", action: toType, body: `{"typing":true}`, harmless: true},

	{operation: "createStreamToken", action: toRead, body: `{"class":"{class}"}`, harmless: true},
	{operation: "streamClass", action: toRead, query: "?limit=1"},
	{operation: "listEvents", action: toRead},
}
