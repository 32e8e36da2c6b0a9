-- +goose Up
-- Keys that this service signs with. Each is made once.
CREATE TABLE signing_keys (
    name   TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL -- in hexadecimal
) WITHOUT ROWID;

-- What is refused though it has not expired: one session, or all that a user was issued until a moment.
CREATE TABLE revocations (
    user    TEXT NOT NULL,
    session TEXT NOT NULL, -- empty: all of the user
    at      INTEGER NOT NULL,
    until   INTEGER NOT NULL, -- when nothing is left that it is about
    PRIMARY KEY (user, session)
) WITHOUT ROWID;
CREATE INDEX revocations_until ON revocations (until);

-- +goose Down
DROP TABLE revocations;
DROP TABLE signing_keys;
