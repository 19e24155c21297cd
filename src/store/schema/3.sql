-- All that was measured of a take, as JSON; what an earlier version did not measure is absent in it.
CREATE TABLE heard_takes (
    key     TEXT PRIMARY KEY,
    digest  TEXT NOT NULL,
    bytes   INTEGER NOT NULL,
    format  TEXT NOT NULL,
    sound   TEXT NOT NULL,
    at      INTEGER NOT NULL,
    charged INTEGER,
    price   INTEGER
) WITHOUT ROWID;
INSERT INTO heard_takes
    SELECT key, digest, bytes, format,
           json_object('seconds', seconds, 'sample_rate', sample_rate, 'channels', channels, 'loudness', loudness),
           at, charged, price
    FROM takes;
DROP TABLE takes;
ALTER TABLE heard_takes RENAME TO takes;

-- The outlines of takes that have one, two bytes a piece. Apart, so that the rows of `takes` stay short.
CREATE TABLE peaks (
    key   TEXT PRIMARY KEY,
    peaks BLOB NOT NULL
);
