-- +goose Up
-- A member who is muted reads, and doesn't post until then; 0 for none.
ALTER TABLE members ADD COLUMN muted_until INTEGER NOT NULL DEFAULT 0;

-- The same of those who left while they were muted: who comes back is muted still.
CREATE TABLE mutes (
    class TEXT NOT NULL,
    user  TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (class, user)
) WITHOUT ROWID;

-- In a locked class only teachers post; slow mode is seconds between two messages of a member, 0 for none.
ALTER TABLE classes ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE classes ADD COLUMN slow_mode INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE classes DROP COLUMN slow_mode;
ALTER TABLE classes DROP COLUMN locked;
DROP TABLE mutes;
ALTER TABLE members DROP COLUMN muted_until;
