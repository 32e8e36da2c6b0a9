-- +goose Up
-- Up to which seq of a class's channel a member has received and read it. A user who leaves and comes back has still
-- read what was read.
CREATE TABLE receipts (
    class      TEXT NOT NULL,
    user       TEXT NOT NULL,
    delivered  INTEGER NOT NULL,
    read       INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (class, user)
) WITHOUT ROWID;

-- Where a user's last stream of a class ended: the parts of a cursor.
CREATE TABLE positions (
    class      TEXT NOT NULL,
    user       TEXT NOT NULL,
    epoch      TEXT NOT NULL,
    class_seq  INTEGER NOT NULL,
    user_seq   INTEGER NOT NULL,
    system_seq INTEGER NOT NULL,
    PRIMARY KEY (class, user)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE positions;
DROP TABLE receipts;
