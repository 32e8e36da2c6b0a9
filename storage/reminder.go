package storage

import "homeroom/events"

// Reminder is a reminder of an assignment that was sent.
type Reminder struct {
	ID            string // in the order of the sending; see [Bulletin.NotificationID]
	Class         string
	Assignment    string
	Seq           int64 // of the event assignment.due
	OffsetSeconds int64 // how long before it was due
	DueAt         events.Time
	At            events.Time // when it was sent
}
