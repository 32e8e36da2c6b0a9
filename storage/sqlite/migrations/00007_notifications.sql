-- +goose Up
-- What admins tell everybody, until it expires.
CREATE TABLE notices (
    id         TEXT PRIMARY KEY,
    level      TEXT NOT NULL,
    text       TEXT NOT NULL,
    author     TEXT NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

-- The members whom a message mentions, between spaces, which no id has.
ALTER TABLE messages ADD COLUMN mentions TEXT NOT NULL DEFAULT '';

-- What users are told: one row however many it is told to. The audience is the channel of a user, of a class or of
-- the system. Ids are in the order of time; expires_at is 0 for what doesn't.
CREATE TABLE notifications (
    audience   TEXT NOT NULL,
    id         TEXT NOT NULL,
    kind       TEXT NOT NULL,
    class      TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    subject    TEXT NOT NULL,
    title      TEXT NOT NULL,
    text       TEXT NOT NULL,
    role       TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (audience, id)
) WITHOUT ROWID;
CREATE INDEX notifications_by_subject ON notifications (subject) WHERE subject <> '';
CREATE INDEX notifications_by_age ON notifications (at);

-- Which of them a user has read: all up to an id, and single ones after it.
CREATE TABLE read_marks (
    user TEXT PRIMARY KEY,
    upto TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE read_notifications (
    user TEXT NOT NULL,
    id   TEXT NOT NULL,
    PRIMARY KEY (user, id)
) WITHOUT ROWID;
CREATE INDEX read_notifications_by_age ON read_notifications (id);

-- What users want to be told, and when: JSON.
CREATE TABLE preferences (
    user    TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    data    TEXT NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE preferences;
DROP TABLE read_notifications;
DROP TABLE read_marks;
DROP TABLE notifications;
ALTER TABLE messages DROP COLUMN mentions;
DROP TABLE notices;
