-- The property service's store. Older binaries refuse a store with a migration that they do not know.
--
-- Sequence numbers: meta.head_seq is the newest change of any entity or reference document. It only grows, in commit
-- order, because one writer hands it out.

CREATE TABLE meta (
    one            INTEGER PRIMARY KEY CHECK (one = 1),
    store_id       TEXT    NOT NULL,
    epoch          TEXT    NOT NULL,
    signing_key    TEXT    NOT NULL, -- public, hex; the secret one lies in a file beside this one
    head_seq       INTEGER NOT NULL,
    feed_floor_seq INTEGER NOT NULL  -- cursors below it may have missed a tombstone
) STRICT;

CREATE TABLE properties (
    n                 INTEGER PRIMARY KEY,
    property_id       TEXT    NOT NULL UNIQUE,
    name              TEXT    NOT NULL,
    reference_version INTEGER NOT NULL,
    reference         TEXT    NOT NULL, -- JSON: property, settings, staff, bookings
    audit_seq         INTEGER NOT NULL DEFAULT 0,
    audit_hash        BLOB    NOT NULL DEFAULT (zeroblob(32))
) STRICT;

-- One row a room (with its tasks) or place. A deleted one stays as a tombstone until the backup horizon has passed.
CREATE TABLE entities (
    n              INTEGER PRIMARY KEY,
    property_n     INTEGER NOT NULL REFERENCES properties (n),
    kind           TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    version        INTEGER NOT NULL, -- sequence number of its last change, contested marks included
    fields_version INTEGER NOT NULL, -- sequence number of the last change of a value
    fields         TEXT    NOT NULL, -- JSON: value by path
    provenance     TEXT    NOT NULL DEFAULT '{}', -- JSON: events.n by path
    contests       TEXT    NOT NULL DEFAULT '[]', -- JSON: open contested marks, oldest first
    deleted_at_ms  INTEGER,
    UNIQUE (property_n, kind, id)
) STRICT;
CREATE UNIQUE INDEX entities_by_version ON entities (property_n, version);

-- Parts of an entity that callers may name by themselves: `task/<id>`.
CREATE TABLE parts (
    property_n INTEGER NOT NULL REFERENCES properties (n),
    part       TEXT    NOT NULL,
    entity_n   INTEGER NOT NULL REFERENCES entities (n),
    PRIMARY KEY (property_n, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE installs (
    n              INTEGER PRIMARY KEY,
    property_n     INTEGER NOT NULL REFERENCES properties (n),
    install_id     TEXT    NOT NULL,
    highest_seq    INTEGER NOT NULL DEFAULT 0,
    highest_hash   BLOB    NOT NULL DEFAULT (zeroblob(32)),
    closed_seq     INTEGER NOT NULL DEFAULT 0, -- verified without a gap up to here
    closed_hash    BLOB    NOT NULL DEFAULT (zeroblob(32)),
    announced_seq  INTEGER NOT NULL DEFAULT 0, -- the highest head the desk itself spoke of
    announced_hash BLOB    NOT NULL DEFAULT (zeroblob(32)),
    fork_seq       INTEGER, -- the first place where its chain had two entries
    continues      TEXT,
    UNIQUE (property_n, install_id)
) STRICT;

-- Every readable event, for good: its bytes as the desk made them, and what became of it. The unique index is what
-- makes sending twice safe; it is never pruned.
CREATE TABLE events (
    n           INTEGER PRIMARY KEY,
    property_n  INTEGER NOT NULL REFERENCES properties (n),
    event_id    TEXT    NOT NULL,
    hash        BLOB    NOT NULL,
    install_n   INTEGER NOT NULL REFERENCES installs (n),
    local_seq   INTEGER NOT NULL,
    outcome     TEXT    NOT NULL,
    seq         INTEGER,
    detail      TEXT,             -- JSON: the problem, or the conflict's class and paths
    received_at TEXT    NOT NULL,
    bytes       TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_by_id ON events (property_n, event_id);
CREATE INDEX events_by_chain ON events (install_n, local_seq);

-- Events that another event has settled, also such as have not arrived yet.
CREATE TABLE settled (
    property_n INTEGER NOT NULL REFERENCES properties (n),
    event_id   TEXT    NOT NULL,
    by_event_n INTEGER NOT NULL REFERENCES events (n),
    PRIMARY KEY (property_n, event_id)
) STRICT, WITHOUT ROWID;

-- The service's own chain, one a property: each outcome points at its event and carries the hash of the entry before.
-- It is the outbox of domain events too: sinks follow it by audit_seq.
CREATE TABLE audit (
    property_n  INTEGER NOT NULL REFERENCES properties (n),
    audit_seq   INTEGER NOT NULL,
    event_n     INTEGER NOT NULL REFERENCES events (n),
    outcome     TEXT    NOT NULL,
    seq         INTEGER,
    code        TEXT,
    received_at TEXT    NOT NULL,
    hash        BLOB    NOT NULL,
    moves       TEXT, -- JSON: task status changes, for domain events
    PRIMARY KEY (property_n, audit_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE sinks (
    sink       TEXT    NOT NULL,
    property_n INTEGER NOT NULL REFERENCES properties (n),
    audit_seq  INTEGER NOT NULL, -- everything up to here was delivered
    PRIMARY KEY (sink, property_n)
) STRICT, WITHOUT ROWID;

-- The single-action route's keys with their answers.
CREATE TABLE requests (
    property_n  INTEGER NOT NULL REFERENCES properties (n),
    key         TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    status      INTEGER NOT NULL,
    etag        TEXT,
    answer      TEXT    NOT NULL,
    PRIMARY KEY (property_n, key)
) STRICT, WITHOUT ROWID;

-- Tokens and codes are kept as SHA-256. These two tables carry no sequence numbers, so that the command line may
-- write them while the service runs.
CREATE TABLE devices (
    token_hash    BLOB    PRIMARY KEY,
    property_n    INTEGER NOT NULL REFERENCES properties (n),
    name          TEXT    NOT NULL,
    expires_at_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE enroll_codes (
    code_hash     BLOB    PRIMARY KEY,
    property_n    INTEGER NOT NULL REFERENCES properties (n),
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
