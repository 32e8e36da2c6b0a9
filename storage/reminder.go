package storage

import (
	"context"

	"homeroom/events"
)

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

// due is the data of assignment.due.
type due struct {
	Assignment    *Bulletin   `json:"assignment"`
	OffsetSeconds int64       `json:"offset_seconds"`
	DueAt         events.Time `json:"due_at"`
}

// remind tells the class of an assignment that is due soon, in the name of its author.
func (b *batch) remind(ctx context.Context, m *Bulletin, offset int64, now events.Time) error {
	sent := Reminder{
		ID: newID(), Class: m.Class, Assignment: m.ID, Seq: b.nextSeq(events.ClassChannel(m.Class)),
		OffsetSeconds: offset, DueAt: m.DueAt, At: now,
	}
	if err := b.tx.InsertReminder(ctx, &sent); err != nil {
		return err
	}
	author := Principal{User: m.Author}
	if err := b.append(events.AssignmentDue, m.Class, author, due{m, offset, m.DueAt}); err != nil {
		return err
	}
	return b.tellOf(ctx, events.AssignmentDue, author, m)
}
