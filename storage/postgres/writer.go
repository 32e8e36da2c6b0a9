package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"homeroom/events"
	"homeroom/storage"
)

var _ storage.Tx = (*tx)(nil)

// tx is the committer's transaction. Its writes wait for the next round trip. Its other methods are in the files of
// what they write.
type tx struct {
	conn    *pgxpool.Conn
	queue   *pgx.Batch
	inserts []*storage.Message // wait to be queued together
	firsts  []*storage.FirstAttempt
	flushed bool
	over    bool
}

// Begin implements [storage.Driver] in one round trip. The isolation level is READ COMMITTED, where each statement sees
// what was committed before it began: so what is read after the lock was granted is as the last holder left it.
func (d *driver) Begin(ctx context.Context, needs storage.Needs) (storage.Tx, *storage.Rows, error) {
	var f fetch
	conn, err := onLive(ctx, d.write, func(b *pgx.Batch) {
		f = fetch{}
		b.Queue(`BEGIN ISOLATION LEVEL READ COMMITTED`)
		f.queue(b, needs)
	})
	if err != nil {
		return nil, nil, err
	}
	return &tx{conn: conn, queue: &pgx.Batch{}}, f.rows(), nil
}

// fetch is the rows that a transaction needs, as they are read.
type fetch struct {
	extents  []extent
	classes  []storage.ClassInfo
	members  []storage.Member
	messages []storage.Message
	attempts []storage.FirstAttempt
	receipts []storage.Receipt
	codes    []storage.JoinCode
	mutes    []mute
	wishes   []userPreferences

	bulletins        []storage.Bulletin
	acknowledgements []storage.Acknowledgement
	jobs             []storage.Job
}

func (f *fetch) queue(b *pgx.Batch, needs storage.Needs) {
	if others := slices.DeleteFunc(slices.Clone(needs.Channels), func(c events.Channel) bool { return c.Class() != "" }); len(others) > 0 {
		// Inboxes and the system channel come into being with their first event. A row that isn't there can't be locked. Made in order, and before anything is locked, they lock nobody out for good.
		b.Queue(`INSERT INTO channels (id, head) SELECT id, 0 FROM unnest($1::text[]) AS k (id) ORDER BY id ON CONFLICT DO NOTHING`, keys(others))
	}
	if len(needs.Channels) > 0 {
		collect(b, &f.extents, scanExtent,
			`SELECT id, head, trimmed FROM channels WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE`, keys(needs.Channels))
	}
	if len(needs.Classes) > 0 {
		collect(b, &f.classes, scanClass,
			`SELECT `+classColumns+` FROM classes WHERE id = ANY($1::text[]) AND deleted_at = 0`, needs.Classes)
	}
	if len(needs.Members) > 0 {
		classes, users := memberKeys(needs.Members)
		collect(b, &f.members, scanMember,
			`SELECT `+memberColumns+` FROM unnest($1::text[], $2::text[]) AS k (class, "user") JOIN members USING (class, "user")`, classes, users)
	}
	if len(needs.Messages) > 0 {
		// The parents' ids are an array too, so that both are looked up by the index.
		collect(b, &f.messages, scanMessage, `SELECT `+messageColumns+` FROM messages WHERE id = ANY($1::text[] ||
			ARRAY(SELECT parent_id FROM messages WHERE id = ANY($1::text[]) AND parent_id IS NOT NULL))`, needs.Messages)
	}
	if len(needs.JoinCodes) > 0 {
		collect(b, &f.codes, scanJoinCode, `SELECT `+joinCodeColumns+` FROM join_codes WHERE class = ANY($1::text[])`, needs.JoinCodes)
	}
	if len(needs.Preferences) > 0 {
		collect(b, &f.wishes, scanPreferences, selectPreferences, needs.Preferences)
	}
	f.queueAttempts(b, needs.Attempts)
	f.queueMutes(b, needs.Mutes)
	if len(needs.Receipts) > 0 {
		classes, users := memberKeys(needs.Receipts)
		collect(b, &f.receipts, scanReceipt,
			`SELECT `+receiptColumns+` FROM unnest($1::text[], $2::text[]) AS k (class, "user") JOIN receipts USING (class, "user")`, classes, users)
	}
	f.queueBulletins(b, needs)
}

// memberKeys are keys as two columns.
func memberKeys(keys []storage.MemberKey) (classes, users []string) {
	for _, key := range keys {
		classes, users = append(classes, key.Class), append(users, key.User)
	}
	return classes, users
}

func (f *fetch) rows() *storage.Rows {
	rows := storage.NewRows()
	rows.Extents = extents(f.extents)
	for i := range f.classes {
		rows.Classes[f.classes[i].ID] = &f.classes[i]
	}
	for i := range f.members {
		m := &f.members[i]
		rows.Members[storage.MemberKey{Class: m.Class, User: m.User}] = m
	}
	for i := range f.messages {
		rows.Messages[f.messages[i].ID] = &f.messages[i]
	}
	for i := range f.attempts {
		rows.Attempts[f.attempts[i].AttemptKey] = &f.attempts[i]
	}
	for i := range f.receipts {
		r := &f.receipts[i]
		rows.Receipts[storage.MemberKey{Class: r.Class, User: r.User}] = r
	}
	for i := range f.codes {
		rows.JoinCodes[f.codes[i].Class] = &f.codes[i]
	}
	for _, m := range f.mutes {
		rows.Mutes[m.key] = m.until
	}
	rows.Preferences = byUser(f.wishes)
	f.addBulletins(rows)
	return rows
}

// add queues a write, after the messages that were to be inserted before it.
func (t *tx) add(sql string, args ...any) {
	t.addInserts()
	t.queue.Queue(sql, args...)
}

// flush carries out what is queued.
func (t *tx) flush(ctx context.Context) error {
	b := t.queue
	t.queue, t.flushed = &pgx.Batch{}, true
	return send(ctx, t.conn, b)
}

// Commit implements [storage.Tx] in one round trip. When a statement fails the server skips those after it, the
// COMMIT too.
func (t *tx) Commit(ctx context.Context, evs []events.Event, heads map[events.Channel]int64) error {
	t.addInserts()
	if len(evs) == 0 && t.queue.Len() == 0 && !t.flushed {
		t.end() // all was refused; rolled back, it leaves no inbox for somebody who may not even exist
		return nil
	}
	t.addHeads(heads) // first: who makes a new channel at the same time waits there, in the same order
	t.addAttempts()
	t.addEvents(evs)
	t.queue.Queue(`COMMIT`).Exec(func(done pgconn.CommandTag) error {
		if done.String() != "COMMIT" { // a failed transaction is rolled back instead
			return fmt.Errorf("commit: %s", done)
		}
		return nil
	})
	if err := t.flush(ctx); err != nil {
		return err
	}
	t.end()
	return nil
}

// Rollback implements [storage.Tx].
func (t *tx) Rollback() {
	if !t.over {
		t.end()
	}
}

func (t *tx) end() {
	t.over = true
	release(t.conn)
}
