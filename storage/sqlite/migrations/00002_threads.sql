-- +goose Up
-- Threads: a message counts its replies that are not deleted; last_reply_at is the newest one's created_at, or 0.
ALTER TABLE messages ADD COLUMN reply_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN last_reply_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_by_parent ON messages (parent_id, seq) WHERE parent_id IS NOT NULL;
CREATE INDEX messages_on_top ON messages (class, seq) WHERE parent_id IS NULL;

-- What a message said before it was edited.
CREATE TABLE former_texts (
    message TEXT NOT NULL,
    version INTEGER NOT NULL,
    text    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    editor  TEXT NOT NULL,
    PRIMARY KEY (message, version)
);

ALTER TABLE classes ADD COLUMN archived_at INTEGER NOT NULL DEFAULT 0;

-- The codes of classes that can be joined with one.
CREATE TABLE join_codes (
    class      TEXT PRIMARY KEY,
    code       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE join_codes;
ALTER TABLE classes DROP COLUMN archived_at;
DROP TABLE former_texts;
DROP INDEX messages_on_top;
DROP INDEX messages_by_parent;
ALTER TABLE messages DROP COLUMN last_reply_at;
ALTER TABLE messages DROP COLUMN reply_count;
