package events

import "strings"

// Channel names an ordered log of events. Its text is also its key in storage.
type Channel string

// SystemChannel carries notices to every stream.
const SystemChannel Channel = "system"

const (
	classPrefix = "class/"
	userPrefix  = "user/"
)

// ClassChannel is the channel of one class.
func ClassChannel(class string) Channel { return Channel(classPrefix + class) }

// UserChannel is the inbox of one user.
func UserChannel(user string) Channel { return Channel(userPrefix + user) }

// Class returns the id of the class whose channel c is, or "".
func (c Channel) Class() string {
	class, ok := strings.CutPrefix(string(c), classPrefix)
	if !ok {
		return ""
	}
	return class
}

// User returns the user whose inbox c is, or "".
func (c Channel) User() string {
	user, ok := strings.CutPrefix(string(c), userPrefix)
	if !ok {
		return ""
	}
	return user
}

// Inbox reports whether c is a user's channel. Unlike a class's, it comes into being with its first event.
func (c Channel) Inbox() bool { return strings.HasPrefix(string(c), userPrefix) }
