-- The readable request behind each key.
CREATE TABLE requests (
    key     TEXT PRIMARY KEY,
    request TEXT NOT NULL
) WITHOUT ROWID;

-- The ledger: one row for each paid call. A row is open while it blocks its key.
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
    resolved   TEXT
);
CREATE UNIQUE INDEX claims_open ON claims (key) WHERE open;
CREATE INDEX claims_since ON claims (since);

-- The cache: what is on disk for a key.
CREATE TABLE takes (
    key         TEXT PRIMARY KEY,
    digest      TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    format      TEXT NOT NULL,
    seconds     REAL NOT NULL,
    sample_rate INTEGER NOT NULL,
    channels    INTEGER NOT NULL,
    loudness    REAL,
    at          INTEGER NOT NULL,
    charged     INTEGER,
    price       INTEGER
) WITHOUT ROWID;

-- The latest key under each name, for explaining a miss.
CREATE TABLE names (
    pipeline TEXT NOT NULL,
    take     TEXT NOT NULL,
    key      TEXT NOT NULL,
    PRIMARY KEY (pipeline, take)
) WITHOUT ROWID;

-- Upload ids, which are good for one account only.
CREATE TABLE uploads (
    account      TEXT NOT NULL,
    digest       TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    voice        TEXT,
    instrumental TEXT,
    at           INTEGER NOT NULL,
    PRIMARY KEY (account, digest, purpose)
) WITHOUT ROWID;

-- Named files that were placed, by path relative to the project where it lies inside.
CREATE TABLE outputs (
    path   TEXT PRIMARY KEY,
    digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX outputs_digest ON outputs (digest);

-- What was found out about the user's files.
CREATE TABLE files (
    path     TEXT PRIMARY KEY,
    size     INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    inode    INTEGER NOT NULL,
    probe    INTEGER NOT NULL,
    digest   TEXT NOT NULL,
    sound    TEXT NOT NULL
) WITHOUT ROWID;

-- History.
CREATE TABLE runs (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    run      TEXT NOT NULL UNIQUE,
    pipeline TEXT NOT NULL,
    file     TEXT NOT NULL,
    owner    TEXT NOT NULL,
    started  INTEGER NOT NULL,
    ended    INTEGER,
    "end"    TEXT
);
CREATE TABLE events (
    run    TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) WITHOUT ROWID;

-- Small facts to remember between runs; losing one costs time, never money.
CREATE TABLE marks (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
