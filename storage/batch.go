package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"homeroom/events"
	"homeroom/storage/spam"
)

// batch is one transaction of the committer as its changes see it: the rows that they needed, kept current by what
// they write, and the events that they add. A change makes all its checks before its first write.
type batch struct {
	tx   Tx
	rows *Rows
	evs  []events.Event
	next map[events.Channel]int64 // heads after the events so far

	now       events.Time      // of all that is written
	clientKey string           // of the write under way; see begin
	receipts  []events.Receipt // those that changed
	planned   bool             // there is a job that there wasn't

	trial   *spam.Trial
	refused []string // labels of what was held back
}

// newBatch is a transaction at a moment, by which mutes may be over.
func newBatch(tx Tx, rows *Rows, now events.Time) *batch {
	for _, m := range rows.Members {
		m.lapse(now)
	}
	return &batch{tx: tx, rows: rows, next: map[events.Channel]int64{}, now: now}
}

// Class is a class, or nil. With Member it makes batch a lookup.
func (b *batch) Class(_ context.Context, class string) (*ClassInfo, error) {
	return b.rows.Classes[class], nil
}

// Member is a member, or nil.
func (b *batch) Member(_ context.Context, class, user string) (*Member, error) {
	return b.rows.Members[MemberKey{class, user}], nil
}

// Seen makes batch a reader of a member's own state, as of the changes so far.
func (b *batch) Seen(ctx context.Context, class, user string) (Seen, error) {
	return b.tx.Seen(ctx, class, user)
}

// head is the seq of a channel's last event.
func (b *batch) head(channel events.Channel) int64 {
	if head, ok := b.next[channel]; ok {
		return head
	}
	return b.rows.Extents[channel].Head
}

// nextSeq is the seq that the next event of a channel gets.
func (b *batch) nextSeq(channel events.Channel) int64 { return b.head(channel) + 1 }

// append adds an event to a class's channel.
func (b *batch) append(typ events.Type, class string, p Principal, payload any) error {
	return b.appendTo(events.ClassChannel(class), typ, class, p, payload)
}

// notify tells a member, in the inbox, of the event about them that was just added to the class's channel.
func (b *batch) notify(ctx context.Context, kind events.Type, m *Member, p Principal) error {
	return b.tellUser(ctx, m.User, p, events.Notification{
		Kind: kind, Class: m.Class, Seq: b.next[events.ClassChannel(m.Class)], Role: string(m.Role),
	})
}

// appendTo adds an event to any channel.
func (b *batch) appendTo(channel events.Channel, typ events.Type, class string, p Principal, payload any) error {
	data, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("encode %s: %w", typ, err)
	}
	seq := b.nextSeq(channel)
	b.next[channel] = seq
	e := events.Event{
		Channel: channel, Type: typ, Class: class, Seq: seq, At: b.now, Actor: p.User, Data: data,
	}
	if typ != events.NotificationCreated { // the key belongs to what was asked for, not to the word of it
		e.ClientKey = b.clientKey
	}
	b.evs = append(b.evs, e)
	return nil
}

func (b *batch) putClass(ctx context.Context, c *ClassInfo) error {
	b.rows.Classes[c.ID] = c
	return b.tx.PutClass(ctx, c)
}

func (b *batch) deleteClass(ctx context.Context, class string) error {
	delete(b.rows.Classes, class)
	return b.tx.DeleteClass(ctx, class, b.now)
}

// putMember writes a member, the event of it, and the word to the member.
func (b *batch) putMember(ctx context.Context, m *Member, typ events.Type, p Principal) error {
	b.rows.Members[MemberKey{m.Class, m.User}] = m
	if err := b.tx.PutMember(ctx, m); err != nil {
		return err
	}
	return b.announce(ctx, typ, m, p)
}

// deleteMember is putMember for one who leaves.
func (b *batch) deleteMember(ctx context.Context, m *Member, p Principal) error {
	key := MemberKey{m.Class, m.User}
	delete(b.rows.Members, key)
	if err := b.keepMute(ctx, m); err != nil {
		return err
	}
	if err := b.tx.DeleteMember(ctx, key); err != nil {
		return err
	}
	return b.announce(ctx, events.MemberLeft, m, p)
}

// announce tells the class, and then the member, of a change of the member.
func (b *batch) announce(ctx context.Context, typ events.Type, m *Member, p Principal) error {
	if err := b.append(typ, m.Class, p, m); err != nil {
		return err
	}
	return b.notify(ctx, typ, m, p)
}

func (b *batch) insertMessage(ctx context.Context, m *Message) error {
	b.rows.Messages[m.ID] = m
	return b.tx.InsertMessage(ctx, m)
}

func (b *batch) updateMessage(ctx context.Context, m *Message) error {
	b.rows.Messages[m.ID] = m
	return b.tx.UpdateMessage(ctx, m)
}
