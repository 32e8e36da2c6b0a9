-- +goose Up
-- Times are milliseconds since 1970 in UTC. Ids are UUIDv7 as text, users are the token's sub.
-- Text that is a key compares by bytes, whatever the database's language: pages and locks are in that order.

CREATE TABLE settings (
    key   text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE classes (
    id         text COLLATE "C" PRIMARY KEY,
    name       text NOT NULL,
    version    bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    deleted_at bigint NOT NULL DEFAULT 0
);

CREATE TABLE members (
    class      text COLLATE "C" NOT NULL,
    "user"     text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    role       text COLLATE "C" NOT NULL,
    version    bigint NOT NULL,
    joined_at  bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (class, "user")
);
CREATE INDEX members_by_user ON members ("user", class);

-- One row a log of events: events trimmed+1 to head are kept. Whoever adds events holds the row. It changes with each
-- commit, so its pages have room for new versions of it beside the old (HOT).
CREATE TABLE channels (
    id      text COLLATE "C" PRIMARY KEY,
    head    bigint NOT NULL,
    trimmed bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- data is text, not jsonb: every reader gets the bytes that were published.
CREATE TABLE events (
    channel text COLLATE "C" NOT NULL,
    seq     bigint NOT NULL,
    type    text NOT NULL,
    class   text NOT NULL,
    at      bigint NOT NULL,
    actor   text NOT NULL,
    data    text NOT NULL,
    PRIMARY KEY (channel, seq)
);

CREATE TABLE messages (
    id         text COLLATE "C" PRIMARY KEY,
    class      text COLLATE "C" NOT NULL,
    seq        bigint NOT NULL,
    author     text NOT NULL,
    text       text,
    parent_id  text COLLATE "C",
    version    bigint NOT NULL,
    created_at bigint NOT NULL,
    edited_at  bigint NOT NULL,
    deleted_at bigint NOT NULL,
    UNIQUE (class, seq)
);

-- +goose Down
DROP TABLE messages;
DROP TABLE events;
DROP TABLE channels;
DROP TABLE members;
DROP TABLE classes;
DROP TABLE settings;
