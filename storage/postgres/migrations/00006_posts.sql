-- +goose Up
-- Bulletins are announcements and assignments (kind). Until one is published its seq and published_at are 0 and its
-- notification_id is empty; that id, made when it is published, orders it among all that a class's members are notified
-- of. listed_at is when it is to be published, and once it is, when it was.
CREATE TABLE bulletins (
    id                       text COLLATE "C" PRIMARY KEY,
    kind                     text COLLATE "C" NOT NULL,
    class                    text COLLATE "C" NOT NULL,
    seq                      bigint NOT NULL,
    notification_id          text COLLATE "C" NOT NULL,
    author                   text COLLATE "C" NOT NULL,
    title                    text NOT NULL,
    text                     text NOT NULL,
    requires_acknowledgement boolean NOT NULL,
    pinned                   boolean NOT NULL,  -- of an announcement
    due_at                   bigint NOT NULL,   -- of an assignment, else 0
    reminders                bigint[] NOT NULL, -- of an assignment: seconds before due_at
    publish_at               bigint NOT NULL,   -- 0 where it was published at once
    published_at             bigint NOT NULL,
    listed_at                bigint NOT NULL,
    version                  bigint NOT NULL,
    created_at               bigint NOT NULL,
    updated_at               bigint NOT NULL
);
CREATE INDEX bulletins_by_class ON bulletins (class, kind, listed_at, id);
CREATE INDEX bulletins_by_notification ON bulletins (class, notification_id) WHERE notification_id <> '';

-- Who has acknowledged a bulletin. A user who leaves and comes back has still acknowledged it.
CREATE TABLE acknowledgements (
    class           text COLLATE "C" NOT NULL,
    bulletin        text COLLATE "C" NOT NULL,
    "user"          text COLLATE "C" NOT NULL,
    acknowledged_at bigint NOT NULL,
    PRIMARY KEY (class, bulletin, "user")
);

-- Reminders of assignments that were sent. Their ids are in the order of the sending, as notification_id.
CREATE TABLE reminders (
    class          text COLLATE "C" NOT NULL,
    id             text COLLATE "C" NOT NULL,
    assignment     text COLLATE "C" NOT NULL,
    seq            bigint NOT NULL, -- of the event assignment.due
    offset_seconds bigint NOT NULL,
    due_at         bigint NOT NULL,
    at             bigint NOT NULL,
    PRIMARY KEY (class, id)
);
CREATE INDEX reminders_by_assignment ON reminders (assignment);

-- What is to be done at a time. Whoever does a job deletes its row in the transaction that does it, and holds the
-- class's channel; so it is done once, by whichever process comes first. The jobs of an archived class rest.
CREATE TABLE jobs (
    class          text COLLATE "C" NOT NULL,
    kind           text COLLATE "C" NOT NULL,
    subject        text COLLATE "C" NOT NULL, -- a bulletin
    offset_seconds bigint NOT NULL, -- of a reminder, else 0
    at             bigint NOT NULL,
    resting        boolean NOT NULL DEFAULT false,
    PRIMARY KEY (class, subject, kind, offset_seconds)
);
CREATE INDEX jobs_by_time ON jobs (at) WHERE NOT resting;

-- +goose Down
DROP TABLE jobs;
DROP TABLE reminders;
DROP TABLE acknowledgements;
DROP TABLE bulletins;
