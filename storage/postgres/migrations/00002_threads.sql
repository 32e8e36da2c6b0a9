-- +goose Up
-- Threads: a message counts its replies that are not deleted; last_reply_at is the newest one's created_at, or 0.
ALTER TABLE messages
    ADD COLUMN reply_count   bigint NOT NULL DEFAULT 0,
    ADD COLUMN last_reply_at bigint NOT NULL DEFAULT 0;
CREATE INDEX messages_by_parent ON messages (parent_id, seq) WHERE parent_id IS NOT NULL;
CREATE INDEX messages_on_top ON messages (class, seq) WHERE parent_id IS NULL;

-- What a message said before it was edited.
CREATE TABLE former_texts (
    message text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    text    text NOT NULL,
    at      bigint NOT NULL,
    editor  text NOT NULL,
    PRIMARY KEY (message, version)
);

ALTER TABLE classes ADD COLUMN archived_at bigint NOT NULL DEFAULT 0;

-- The codes of classes that can be joined with one.
CREATE TABLE join_codes (
    class      text COLLATE "C" PRIMARY KEY,
    code       text NOT NULL,
    created_at bigint NOT NULL
);

-- +goose Down
DROP TABLE join_codes;
ALTER TABLE classes DROP COLUMN archived_at;
DROP TABLE former_texts;
DROP INDEX messages_on_top;
DROP INDEX messages_by_parent;
ALTER TABLE messages DROP COLUMN last_reply_at, DROP COLUMN reply_count;
