-- What is known of each schedule of each pipeline, whose file is named from the project's root.
CREATE TABLE schedules (
    id       INTEGER PRIMARY KEY,
    file     TEXT NOT NULL,
    name     TEXT NOT NULL,
    cron     TEXT NOT NULL,
    zone     TEXT NOT NULL,
    baseline INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    tripped  INTEGER,
    resumed  INTEGER,
    version  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (file, name)
);

-- What was made of the moments at which a schedule was due. A row may stand for several in a row that were left out for the
-- same reason: `first` is the first of them, `due` the last.
CREATE TABLE occasions (
    id       INTEGER PRIMARY KEY,
    schedule INTEGER NOT NULL REFERENCES schedules (id),
    due      INTEGER NOT NULL,
    first    INTEGER NOT NULL,
    count    INTEGER NOT NULL DEFAULT 1,
    state    TEXT NOT NULL CHECK (state IN ('running', 'waiting', 'done', 'failed', 'missed', 'skipped')),
    owner    TEXT NOT NULL DEFAULT '',
    pid      INTEGER NOT NULL DEFAULT 0,
    noted    INTEGER NOT NULL,
    ended    INTEGER,
    deaths   INTEGER NOT NULL DEFAULT 0,
    run      TEXT,
    spent    INTEGER NOT NULL DEFAULT 0,
    unknown  INTEGER NOT NULL DEFAULT 0,
    reason   TEXT,
    UNIQUE (schedule, due)
);
CREATE UNIQUE INDEX occasions_open ON occasions (schedule) WHERE state IN ('running', 'waiting');

-- The occasion of a schedule that a run is for, so that what earlier runs of it spent counts when it is taken up again.
ALTER TABLE runs ADD COLUMN occasion INTEGER;
CREATE INDEX runs_occasion ON runs (occasion) WHERE occasion IS NOT NULL;
CREATE INDEX claims_run ON claims (run);
