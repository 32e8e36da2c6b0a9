-- +goose Up
-- Messages that were held back as they looked like spam, until a teacher releases or dismisses them.
CREATE TABLE held_messages (
    class        TEXT NOT NULL,
    id           TEXT PRIMARY KEY,
    author       TEXT NOT NULL,
    text         TEXT NOT NULL,
    parent_id    TEXT,
    reason       TEXT NOT NULL,
    held_at      INTEGER NOT NULL,
    paused_until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX held_messages_by_class ON held_messages (class, id);
CREATE INDEX held_messages_by_time ON held_messages (held_at);

-- +goose Down
DROP TABLE held_messages;
