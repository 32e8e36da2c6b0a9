-- +goose Up
-- Messages that were held back as they looked like spam, until a teacher releases or dismisses them.
CREATE TABLE held_messages (
    class        text COLLATE "C" NOT NULL,
    id           text COLLATE "C" PRIMARY KEY,
    author       text COLLATE "C" NOT NULL,
    text         text NOT NULL,
    parent_id    text COLLATE "C",
    reason       text COLLATE "C" NOT NULL,
    held_at      bigint NOT NULL,
    paused_until bigint NOT NULL
);
CREATE INDEX held_messages_by_class ON held_messages (class, id);
CREATE INDEX held_messages_by_time ON held_messages (held_at);

-- +goose Down
DROP TABLE held_messages;
