-- +goose Up
-- What was created under a client's key, and the answer to it: for those who ask again.
CREATE TABLE attempts (
    user        TEXT NOT NULL,
    path        TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    id          TEXT NOT NULL,
    version     INTEGER NOT NULL,
    answer      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (user, path, key)
);
CREATE INDEX attempts_by_age ON attempts (at);

-- The key of the request that made the event; shown to the actor only.
ALTER TABLE events ADD COLUMN client_key TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE events DROP COLUMN client_key;
DROP TABLE attempts;
