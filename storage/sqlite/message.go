package sqlite

import (
	"context"
	"strings"

	"homeroom/storage"
)

const (
	messageColumns = `id, class, seq, author, text, parent_id, version, created_at, edited_at, deleted_at, reply_count, last_reply_at, mentions`
	selectMessage  = `SELECT ` + messageColumns + ` FROM messages WHERE id = ?`
)

func scanMessage(r row) (m storage.Message, err error) {
	var mentions string
	err = r.scan(&m.ID, &m.Class, &m.Seq, &m.Author, &m.Text, &m.ParentID, &m.Version,
		(*int64)(&m.CreatedAt), (*int64)(&m.EditedAt), (*int64)(&m.DeletedAt), &m.ReplyCount, (*int64)(&m.LastReplyAt), &mentions)
	m.Mentions = strings.Fields(mentions)
	return m, err
}

// InsertMessage implements [storage.Tx].
func (t *tx) InsertMessage(_ context.Context, m *storage.Message) error {
	return t.exec(`INSERT INTO messages (`+messageColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ID, m.Class, m.Seq, m.Author, m.Text, m.ParentID, m.Version, int64(m.CreatedAt), int64(m.EditedAt), int64(m.DeletedAt),
		m.ReplyCount, int64(m.LastReplyAt), strings.Join(m.Mentions, " "))
}

// UpdateMessage implements [storage.Tx].
func (t *tx) UpdateMessage(_ context.Context, m *storage.Message) error {
	return t.exec(`UPDATE messages SET text = ?, version = ?, edited_at = ?, deleted_at = ?, reply_count = ?, last_reply_at = ?, mentions = ? WHERE id = ?`,
		m.Text, m.Version, int64(m.EditedAt), int64(m.DeletedAt), m.ReplyCount, int64(m.LastReplyAt), strings.Join(m.Mentions, " "), m.ID)
}

// Message implements [storage.Reader].
func (s snapshot) Message(_ context.Context, message string) (*storage.Message, error) {
	return one(s.conn, scanMessage, selectMessage, message)
}

// Messages implements [storage.Reader].
func (s snapshot) Messages(_ context.Context, class string, order storage.Order, beyond int64, limit int) ([]storage.Message, error) {
	return s.listMessages(`class = ?`, class, order, beyond, limit)
}

// listMessages reads those messages by seq that a condition picks by one key.
func (s snapshot) listMessages(condition, key string, order storage.Order, beyond int64, limit int) ([]storage.Message, error) {
	where := condition + ` AND seq > ? ORDER BY seq`
	if order == storage.NewestFirst {
		where = condition + ` AND seq < ? ORDER BY seq DESC`
	}
	return list(s.conn, scanMessage, `SELECT `+messageColumns+` FROM messages WHERE `+where+` LIMIT ?`, key, beyond, int64(limit))
}
