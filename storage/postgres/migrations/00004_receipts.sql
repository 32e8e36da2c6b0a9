-- +goose Up
-- Up to which seq of a class's channel a member has received and read it. A user who leaves and comes back has still
-- read what was read. Rows change often, so their pages have room for new versions beside the old (HOT).
CREATE TABLE receipts (
    class      text COLLATE "C" NOT NULL,
    "user"     text COLLATE "C" NOT NULL,
    delivered  bigint NOT NULL,
    read       bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (class, "user")
) WITH (fillfactor = 50);

-- Where a user's last stream of a class ended: the parts of a cursor.
CREATE TABLE positions (
    class      text COLLATE "C" NOT NULL,
    "user"     text COLLATE "C" NOT NULL,
    epoch      text NOT NULL,
    class_seq  bigint NOT NULL,
    user_seq   bigint NOT NULL,
    system_seq bigint NOT NULL,
    PRIMARY KEY (class, "user")
) WITH (fillfactor = 50);

-- +goose Down
DROP TABLE positions;
DROP TABLE receipts;
