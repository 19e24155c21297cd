-- A database with schema 4. Never changed: it proves that old history opens.

CREATE TABLE requests (
    key     TEXT PRIMARY KEY,
    request TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE claims (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT NOT NULL,
    take       TEXT NOT NULL,
    pipeline   TEXT NOT NULL,
    run        TEXT NOT NULL,
    request_id TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('claimed', 'submitted', 'received', 'committed', 'failed', 'unsure')),
    open       INTEGER NOT NULL DEFAULT 1,
    owner      TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    since      INTEGER NOT NULL,
    price      INTEGER,
    task       TEXT,
    digest     TEXT,
    bytes      INTEGER,
    charged    INTEGER,
    traces     TEXT,
    billed     TEXT,
    failure    TEXT,
    resolved   TEXT,
    account    TEXT
);
CREATE UNIQUE INDEX claims_open ON claims (key) WHERE open;
CREATE INDEX claims_since ON claims (since);

CREATE TABLE takes (
    key     TEXT PRIMARY KEY,
    digest  TEXT NOT NULL,
    bytes   INTEGER NOT NULL,
    format  TEXT NOT NULL,
    sound   TEXT NOT NULL,
    at      INTEGER NOT NULL,
    charged INTEGER,
    price   INTEGER
) WITHOUT ROWID;

CREATE TABLE peaks (
    key   TEXT PRIMARY KEY,
    peaks BLOB NOT NULL
);

CREATE TABLE names (
    pipeline TEXT NOT NULL,
    take     TEXT NOT NULL,
    key      TEXT NOT NULL,
    PRIMARY KEY (pipeline, take)
) WITHOUT ROWID;

CREATE TABLE uploads (
    account      TEXT NOT NULL,
    digest       TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    voice        TEXT,
    instrumental TEXT,
    at           INTEGER NOT NULL,
    PRIMARY KEY (account, digest, purpose)
) WITHOUT ROWID;

CREATE TABLE outputs (
    path   TEXT PRIMARY KEY,
    digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX outputs_digest ON outputs (digest);

CREATE TABLE files (
    path     TEXT PRIMARY KEY,
    size     INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    inode    INTEGER NOT NULL,
    probe    INTEGER NOT NULL,
    digest   TEXT NOT NULL,
    sound    TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE runs (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    run      TEXT NOT NULL UNIQUE,
    pipeline TEXT NOT NULL,
    file     TEXT NOT NULL,
    owner    TEXT NOT NULL,
    started  INTEGER NOT NULL,
    ended    INTEGER,
    "end"    TEXT,
    occasion INTEGER
);
CREATE INDEX runs_occasion ON runs (occasion) WHERE occasion IS NOT NULL;
CREATE INDEX claims_run ON claims (run);
CREATE TABLE events (
    run    TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE TABLE marks (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
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
INSERT INTO requests VALUES ('dad130fa0cedcb448459841ab7993c11760ddda9612408625f8e598c7c9dc4f0', '{"version":1,"backend":"sandbox","contract":1,"model":"music-01","lyrics":"la","voice":null,"instrumental":null,"audio":{"format":"mp3","sample_rate":44100,"bitrate":128000},"take":1,"salt":""}');
INSERT INTO claims (key, take, pipeline, run, request_id, state, open, owner, pid, since, price, digest, bytes, account) VALUES
    ('dad130fa0cedcb448459841ab7993c11760ddda9612408625f8e598c7c9dc4f0', 'songs.hook#1', 'rainy-city', '20261123-052817-9f3a', 'id-la', 'committed', 0,
     '00112233445566778899aabbccddeeff', 7, 1790000000000000000, 30000000,
     '182634b7d735b3beb7feee42dd287cff282f8d4c55e21322bf967a1ae1fe4c38', 5,
     '5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8'),
    ('266ca123457ac2a972d420daefa5609f489b800c7bcae7b993b62a334c69de0e', 'songs.hook#1', 'rainy-city', '20261123-052817-9f3a', 'id-unsure', 'claimed', 1,
     '00112233445566778899aabbccddeeff', 7, 1790000000000000000, NULL, NULL, NULL, NULL);
INSERT INTO takes VALUES
    ('dad130fa0cedcb448459841ab7993c11760ddda9612408625f8e598c7c9dc4f0', '182634b7d735b3beb7feee42dd287cff282f8d4c55e21322bf967a1ae1fe4c38',
     5, 'mp3',
     '{"seconds":31.24,"sample_rate":44100,"channels":2,"loudness":-14.0,"range":6.5,"true_peak":-1.0,"silence_before":0.25,"silence_after":1.5,"clipped":12,"tempo":124.9,"musical_key":"C minor","register":51.5,"brightness":2100.0,"damaged":true}',
     1790000000000000000, NULL, 30000000);
INSERT INTO peaks VALUES ('dad130fa0cedcb448459841ab7993c11760ddda9612408625f8e598c7c9dc4f0', x'807f0003');
INSERT INTO names VALUES ('rainy-city', 'songs.hook#1', 'dad130fa0cedcb448459841ab7993c11760ddda9612408625f8e598c7c9dc4f0');
INSERT INTO runs (run, pipeline, file, owner, started, ended, "end", occasion) VALUES
    ('20261123-052817-9f3a', 'rainy-city', 'rainy-city.yaml', '00112233445566778899aabbccddeeff',
     1790000000000000000, 1790000000000000000, '"done"', 1);
INSERT INTO events VALUES
    ('20261123-052817-9f3a', 0, '{"v":1,"run":"20261123-052817-9f3a","seq":0,"at":"2026-09-21T14:13:20Z","event":{"type":"run_finished","end":"done"}}');
INSERT INTO schedules (id, file, name, cron, zone, baseline, failures) VALUES
    (1, 'rainy-city.yaml', 'nightly', '0 3 * * *', 'Europe/Lisbon', 1790000000000000000, 1);
INSERT INTO occasions (schedule, due, first, state, owner, pid, noted, ended, run, spent, reason) VALUES
    (1, 1790046000000000000, 1790046000000000000, 'failed', '00112233445566778899aabbccddeeff', 7, 1790046000500000000,
     1790046060000000000, '20261123-052817-9f3a', 30000000, 'failed');
PRAGMA user_version = 4;
