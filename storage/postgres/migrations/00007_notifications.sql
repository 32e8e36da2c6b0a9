-- +goose Up
-- What admins tell everybody, until it expires.
CREATE TABLE notices (
    id         text COLLATE "C" PRIMARY KEY,
    level      text NOT NULL,
    text       text NOT NULL,
    author     text NOT NULL,
    version    bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);

-- The members whom a message mentions, between spaces, which no id has.
ALTER TABLE messages ADD COLUMN mentions text NOT NULL DEFAULT '';

-- What users are told: one row however many it is told to. The audience is the channel of a user, of a class or of
-- the system. Ids are in the order of time; expires_at is 0 for what doesn't.
CREATE TABLE notifications (
    audience   text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    class      text COLLATE "C" NOT NULL,
    seq        bigint NOT NULL,
    at         bigint NOT NULL,
    actor      text COLLATE "C" NOT NULL,
    subject    text COLLATE "C" NOT NULL,
    title      text NOT NULL,
    text       text NOT NULL,
    role       text NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (audience, id)
);
CREATE INDEX notifications_by_subject ON notifications (subject) WHERE subject <> '';
CREATE INDEX notifications_by_age ON notifications (at);

-- Which of them a user has read: all up to an id, and single ones after it.
CREATE TABLE read_marks (
    "user" text COLLATE "C" PRIMARY KEY,
    upto   text COLLATE "C" NOT NULL
);
CREATE TABLE read_notifications (
    "user" text COLLATE "C" NOT NULL,
    id     text COLLATE "C" NOT NULL,
    PRIMARY KEY ("user", id)
);
CREATE INDEX read_notifications_by_age ON read_notifications (id);

-- What users want to be told, and when: JSON.
CREATE TABLE preferences (
    "user"  text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    data    text NOT NULL
);

-- +goose Down
DROP TABLE preferences;
DROP TABLE read_notifications;
DROP TABLE read_marks;
DROP TABLE notifications;
ALTER TABLE messages DROP COLUMN mentions;
DROP TABLE notices;
