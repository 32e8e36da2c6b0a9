-- +goose Up
-- When a process was last known to be alive. What it left open when it crashed ends then.
CREATE TABLE runs (
    id       text COLLATE "C" PRIMARY KEY,
    alive_at bigint NOT NULL
) WITH (fillfactor = 50);

-- When members were in a class: with a stream that carries it.
CREATE TABLE attendance (
    class  text COLLATE "C" NOT NULL,
    "user" text COLLATE "C" NOT NULL,
    since  bigint NOT NULL,
    until  bigint NOT NULL, -- 0: it goes on, as far as the run is alive
    run    text COLLATE "C" NOT NULL,
    PRIMARY KEY (class, "user", since)
);
CREATE INDEX attendance_since ON attendance (since);
CREATE INDEX attendance_open ON attendance (run) WHERE until = 0;

-- When users were last seen.
CREATE TABLE sightings (
    "user" text COLLATE "C" PRIMARY KEY,
    at     bigint NOT NULL,
    run    text COLLATE "C" NOT NULL -- where the user still is, or empty
);
CREATE INDEX sightings_run ON sightings (run) WHERE run <> '';

-- +goose Down
DROP TABLE sightings;
DROP TABLE attendance;
DROP TABLE runs;
