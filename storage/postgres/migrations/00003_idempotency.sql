-- +goose Up
-- What was created under a client's key, and the answer to it: for those who ask again.
CREATE TABLE attempts (
    "user"      text COLLATE "C" NOT NULL,
    path        text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL,
    fingerprint text NOT NULL,
    id          text NOT NULL,
    version     bigint NOT NULL,
    answer      text NOT NULL,
    at          bigint NOT NULL,
    PRIMARY KEY ("user", path, key)
);
CREATE INDEX attempts_by_age ON attempts (at);

-- The key of the request that made the event; shown to the actor only.
ALTER TABLE events ADD COLUMN client_key text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE events DROP COLUMN client_key;
DROP TABLE attempts;
