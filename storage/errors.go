package storage

import "errors"

// Errors that a caller can act on. Drivers turn their database's errors into these; anything else is a bug.
var (
	// ErrNotFound is for what doesn't exist and for what the caller may not know of: the two are not told apart.
	ErrNotFound = errors.New("not found")
	// ErrForbidden is for what the caller may see but not do.
	ErrForbidden = errors.New("not allowed")
	// ErrLastTeacher guards that a class always has a teacher.
	ErrLastTeacher = errors.New("a class needs a teacher")
	// ErrMessageDeleted is for changes to a tombstone.
	ErrMessageDeleted = errors.New("the message is deleted")
	// ErrParentNotFound is for a reply to what is no message of the class.
	ErrParentNotFound = errors.New("no such message to reply to")
	// ErrParentIsReply keeps threads at one level.
	ErrParentIsReply = errors.New("a reply can't be replied to")
	// ErrParentDeleted is for a reply to a tombstone.
	ErrParentDeleted = errors.New("the message to reply to is deleted")
	// ErrClassArchived is for writing in a class that is archived, and for joining it.
	ErrClassArchived = errors.New("the class is archived")
	// ErrWrongCode is for joining a class without its code, whether or not there is such a class or a code.
	ErrWrongCode = errors.New("wrong code")
	// ErrKeyReused is for an attempt whose key was used for another request.
	ErrKeyReused = errors.New("the key was used for another request")
	// ErrReceiptAhead is for a receipt of what the class's log doesn't have yet.
	ErrReceiptAhead = errors.New("the receipt is past the end of the log")
	// ErrClassLocked is for posting in a class where only teachers may.
	ErrClassLocked = errors.New("the class is locked")
	// ErrMuteTime is for a mute that would end in the past, or later than [MaxMute] from now.
	ErrMuteTime = errors.New("no time for a mute to end")
	// ErrTooManyNotices is for a notice beyond [MaxNotices].
	ErrTooManyNotices = errors.New("too many notices")
	// ErrPublished is for another time to publish what is published.
	ErrPublished = errors.New("it is published already")
	// ErrNotPublished is for acknowledging what is not published yet.
	ErrNotPublished = errors.New("it is not published yet")
	// ErrNotRequired is for acknowledging what doesn't ask for it.
	ErrNotRequired = errors.New("it requires no acknowledgement")
	// ErrAuthorGone is for releasing a message whose author is no longer a member.
	ErrAuthorGone = errors.New("the author has left the class")
	// ErrPage is for a page token that no list gave out.
	ErrPage = errors.New("invalid page token")
	// ErrUnavailable is for a database that can't be reached or can't write. It passes; whether a write that met
	// it was carried out is unknown.
	ErrUnavailable = errors.New("database unavailable")
	// ErrClosed is for calls after Close.
	ErrClosed = errors.New("store closed")
)

// FieldError is for a field that can't be as it is given, at this time or beside the others that are there.
type FieldError struct{ Field, Message string }

func (e *FieldError) Error() string { return e.Field + " " + e.Message }

// VersionError is for a change that names another version than the present one.
type VersionError struct {
	Current any // the present representation: a Class, Member, Message or BulletinView; nil where there is none
}

func (*VersionError) Error() string { return "version mismatch" }
