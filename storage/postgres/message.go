package postgres

import (
	"context"
	"strings"

	"homeroom/storage"
)

const messageColumns = `id, class, seq, author, text, parent_id, version, created_at, edited_at, deleted_at, reply_count, last_reply_at, mentions`

func scanMessage(r row) (m storage.Message, err error) {
	var mentions string
	err = r.Scan(&m.ID, &m.Class, &m.Seq, &m.Author, &m.Text, &m.ParentID, &m.Version,
		(*int64)(&m.CreatedAt), (*int64)(&m.EditedAt), (*int64)(&m.DeletedAt), &m.ReplyCount, (*int64)(&m.LastReplyAt), &mentions)
	m.Mentions = strings.Fields(mentions)
	return m, err
}

// InsertMessage implements [storage.Tx]. Messages wait to be inserted by one statement.
func (t *tx) InsertMessage(_ context.Context, m *storage.Message) error {
	t.inserts = append(t.inserts, m)
	return nil
}

// addInserts queues the waiting messages. Arrays make it one statement, the same for any number of them.
func (t *tx) addInserts() {
	n := len(t.inserts)
	if n == 0 {
		return
	}
	ids, classes, authors, mentions := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	texts, parents := make([]*string, n), make([]*string, n)
	seqs, versions := make([]int64, n), make([]int64, n)
	created, edited, deleted := make([]int64, n), make([]int64, n), make([]int64, n)
	replies, replied := make([]int64, n), make([]int64, n)
	for i, m := range t.inserts {
		ids[i], classes[i], authors[i] = m.ID, m.Class, m.Author
		texts[i], parents[i] = m.Text, m.ParentID
		seqs[i], versions[i] = m.Seq, m.Version
		created[i], edited[i], deleted[i] = int64(m.CreatedAt), int64(m.EditedAt), int64(m.DeletedAt)
		replies[i], replied[i] = m.ReplyCount, int64(m.LastReplyAt)
		mentions[i] = strings.Join(m.Mentions, " ")
	}
	t.inserts = nil
	t.queue.Queue(`INSERT INTO messages (`+messageColumns+`) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[],
		$4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[])`,
		ids, classes, seqs, authors, texts, parents, versions, created, edited, deleted, replies, replied, mentions)
}

// UpdateMessage implements [storage.Tx].
func (t *tx) UpdateMessage(_ context.Context, m *storage.Message) error {
	t.add(`UPDATE messages SET text = $1, version = $2, edited_at = $3, deleted_at = $4, reply_count = $5, last_reply_at = $6, mentions = $7 WHERE id = $8`,
		m.Text, m.Version, int64(m.EditedAt), int64(m.DeletedAt), m.ReplyCount, int64(m.LastReplyAt), strings.Join(m.Mentions, " "), m.ID)
	return nil
}

// Message implements [storage.Reader].
func (s *snapshot) Message(ctx context.Context, message string) (*storage.Message, error) {
	return one(ctx, s, scanMessage, `SELECT `+messageColumns+` FROM messages WHERE id = $1`, message)
}

// Messages implements [storage.Reader].
func (s *snapshot) Messages(ctx context.Context, class string, order storage.Order, beyond int64, limit int) ([]storage.Message, error) {
	return s.listMessages(ctx, `class = $1`, class, order, beyond, limit)
}

// listMessages reads those messages by seq that a condition picks by one key, $1.
func (s *snapshot) listMessages(ctx context.Context, condition, key string, order storage.Order, beyond int64, limit int) ([]storage.Message, error) {
	where := condition + ` AND seq > $2 ORDER BY seq`
	if order == storage.NewestFirst {
		where = condition + ` AND seq < $2 ORDER BY seq DESC`
	}
	return list(ctx, s, scanMessage, `SELECT `+messageColumns+` FROM messages WHERE `+where+` LIMIT $3`, key, beyond, limit)
}
