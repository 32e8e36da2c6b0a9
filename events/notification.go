package events

// Notification is an entry of a user's inbox; its JSON is the data of notification.created.
type Notification struct {
	ID    string `json:"id"`
	Kind  Type   `json:"kind"`  // the event that the user is told of: member.joined, member.updated or member.left
	Class string `json:"class"` // where it happened
	Seq   int64  `json:"seq"`   // the event's in that class
	Role  string `json:"role"`  // the user's role in the class, as of the event
}
