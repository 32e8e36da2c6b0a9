-- +goose Up
-- When a process was last known to be alive. What it left open when it crashed ends then.
CREATE TABLE runs (
    id       TEXT NOT NULL PRIMARY KEY,
    alive_at INTEGER NOT NULL
) WITHOUT ROWID;

-- When members were in a class: with a stream that carries it.
CREATE TABLE attendance (
    class TEXT NOT NULL,
    user  TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL, -- 0: it goes on, as far as the run is alive
    run   TEXT NOT NULL,
    PRIMARY KEY (class, user, since)
) WITHOUT ROWID;
CREATE INDEX attendance_since ON attendance (since);
CREATE INDEX attendance_open ON attendance (run) WHERE until = 0;

-- When users were last seen.
CREATE TABLE sightings (
    user TEXT NOT NULL PRIMARY KEY,
    at   INTEGER NOT NULL,
    run  TEXT NOT NULL -- where the user still is, or empty
) WITHOUT ROWID;
CREATE INDEX sightings_run ON sightings (run) WHERE run <> '';

-- +goose Down
DROP TABLE sightings;
DROP TABLE attendance;
DROP TABLE runs;
