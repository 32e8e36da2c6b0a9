-- +goose Up
-- Bulletins are announcements and assignments (kind). Until one is published its seq and published_at are 0 and its
-- notification_id is empty; that id, made when it is published, orders it among all that a class's members are notified
-- of. listed_at is when it is to be published, and once it is, when it was.
CREATE TABLE bulletins (
    id                       TEXT PRIMARY KEY,
    kind                     TEXT NOT NULL,
    class                    TEXT NOT NULL,
    seq                      INTEGER NOT NULL,
    notification_id          TEXT NOT NULL,
    author                   TEXT NOT NULL,
    title                    TEXT NOT NULL,
    text                     TEXT NOT NULL,
    requires_acknowledgement INTEGER NOT NULL,
    pinned                   INTEGER NOT NULL, -- of an announcement
    due_at                   INTEGER NOT NULL, -- of an assignment, else 0
    reminders                TEXT NOT NULL,    -- of an assignment: a JSON array of seconds before due_at
    publish_at               INTEGER NOT NULL, -- 0 where it was published at once
    published_at             INTEGER NOT NULL,
    listed_at                INTEGER NOT NULL,
    version                  INTEGER NOT NULL,
    created_at               INTEGER NOT NULL,
    updated_at               INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX bulletins_by_class ON bulletins (class, kind, listed_at, id);
CREATE INDEX bulletins_by_notification ON bulletins (class, notification_id) WHERE notification_id <> '';

-- Who has acknowledged a bulletin. A user who leaves and comes back has still acknowledged it.
CREATE TABLE acknowledgements (
    class           TEXT NOT NULL,
    bulletin        TEXT NOT NULL,
    user            TEXT NOT NULL,
    acknowledged_at INTEGER NOT NULL,
    PRIMARY KEY (class, bulletin, user)
) WITHOUT ROWID;

-- Reminders of assignments that were sent. Their ids are in the order of the sending, as notification_id.
CREATE TABLE reminders (
    class          TEXT NOT NULL,
    id             TEXT NOT NULL,
    assignment     TEXT NOT NULL,
    seq            INTEGER NOT NULL, -- of the event assignment.due
    offset_seconds INTEGER NOT NULL,
    due_at         INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    PRIMARY KEY (class, id)
) WITHOUT ROWID;
CREATE INDEX reminders_by_assignment ON reminders (assignment);

-- What is to be done at a time. Whoever does a job deletes its row in the transaction that does it. The jobs of an
-- archived class rest.
CREATE TABLE jobs (
    class          TEXT NOT NULL,
    kind           TEXT NOT NULL,
    subject        TEXT NOT NULL, -- a bulletin
    offset_seconds INTEGER NOT NULL, -- of a reminder, else 0
    at             INTEGER NOT NULL,
    resting        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (class, subject, kind, offset_seconds)
) WITHOUT ROWID;
CREATE INDEX jobs_by_time ON jobs (at) WHERE resting = 0;

-- +goose Down
DROP TABLE jobs;
DROP TABLE reminders;
DROP TABLE acknowledgements;
DROP TABLE bulletins;
