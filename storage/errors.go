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
	// ErrKeyReused is for an attempt whose key was used for another request.
	ErrKeyReused = errors.New("the key was used for another request")
	// ErrReceiptAhead is for a receipt of what the class's log doesn't have yet.
	ErrReceiptAhead = errors.New("the receipt is past the end of the log")
	// ErrPage is for a page token that no list gave out.
	ErrPage = errors.New("invalid page token")
	// ErrUnavailable is for a database that can't be reached or can't write. It passes; whether a write that met
	// it was carried out is unknown.
	ErrUnavailable = errors.New("database unavailable")
	// ErrClosed is for calls after Close.
	ErrClosed = errors.New("store closed")
)

// VersionError is for a change that names another version than the present one.
type VersionError struct {
	Current any // the present representation: a Class, Member or Message; nil where there is none
}

func (*VersionError) Error() string { return "version mismatch" }
