-- +goose Up
-- Times are milliseconds since 1970 in UTC. Ids are UUIDv7 as text, users are the token's sub.

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE classes (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE members (
    class      TEXT NOT NULL,
    user       TEXT NOT NULL,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    joined_at  INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (class, user)
) WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user, class);

-- One row a log of events: events trimmed+1 to head are kept.
CREATE TABLE channels (
    id      TEXT PRIMARY KEY,
    head    INTEGER NOT NULL,
    trimmed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Events and messages lie in the order in which they are read, not in which they come (WITHOUT ROWID): a page of a
-- class that shares the file with many is a few pages of the file.
CREATE TABLE events (
    channel TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    type    TEXT NOT NULL,
    class   TEXT NOT NULL,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    data    TEXT NOT NULL,
    PRIMARY KEY (channel, seq)
) WITHOUT ROWID;

CREATE TABLE messages (
    id         TEXT NOT NULL UNIQUE,
    class      TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    author     TEXT NOT NULL,
    text       TEXT,
    parent_id  TEXT,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    edited_at  INTEGER NOT NULL,
    deleted_at INTEGER NOT NULL,
    PRIMARY KEY (class, seq)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE messages;
DROP TABLE events;
DROP TABLE channels;
DROP TABLE members;
DROP TABLE classes;
DROP TABLE settings;
