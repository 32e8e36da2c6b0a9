-- +goose Up
-- Keys that this service signs with. Each is made once.
CREATE TABLE signing_keys (
    name   text COLLATE "C" PRIMARY KEY,
    secret text NOT NULL -- in hexadecimal
);

-- What is refused though it has not expired: one session, or all that a user was issued until a moment.
CREATE TABLE revocations (
    "user"  text COLLATE "C" NOT NULL,
    session text COLLATE "C" NOT NULL, -- empty: all of the user
    at      bigint NOT NULL,
    until   bigint NOT NULL, -- when nothing is left that it is about
    PRIMARY KEY ("user", session)
);
CREATE INDEX revocations_until ON revocations (until);

-- +goose Down
DROP TABLE revocations;
DROP TABLE signing_keys;
