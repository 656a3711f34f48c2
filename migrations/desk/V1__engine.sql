-- The engine's tables. They know entity kinds, ids and field paths, and nothing of hotels.

-- Facts about this database and its link: install id, store and epoch, cursor, heads, link mode.
CREATE TABLE sync_state (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID, STRICT;

-- Everything ever recorded here, append-only. `bytes` are the event's canonical bytes; they never change.
CREATE TABLE audit_local (
    local_seq INTEGER PRIMARY KEY,
    event_id  TEXT NOT NULL UNIQUE,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL,
    bytes     TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_local_is_append_only_update BEFORE UPDATE ON audit_local
BEGIN SELECT RAISE(ABORT, 'audit_local is append-only'); END;
CREATE TRIGGER audit_local_is_append_only_delete BEFORE DELETE ON audit_local
BEGIN SELECT RAISE(ABORT, 'audit_local is append-only'); END;

-- What still has to reach the service, and what became of what did. One row for every entry of audit_local.
-- `syncing` is not a state here: what is on its way is known in memory only, so a restart finds it pending.
CREATE TABLE outbox (
    local_seq       INTEGER PRIMARY KEY,
    event_id        TEXT NOT NULL UNIQUE,
    entity_kind     TEXT NOT NULL,
    entity_id       TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('pending', 'synced', 'failed', 'conflict', 'held', 'settled', 'discarded')),
    -- Within an entity: 0 a decision that settles others, 1 what it settles and was never sent, 2 everything else.
    lane_rank       INTEGER NOT NULL DEFAULT 2,
    -- Tries that counted (DESIGN section 6: transient and poison only).
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- The service gave a final answer that was not an acknowledgement.
    answered        INTEGER NOT NULL DEFAULT 0,
    last_code       TEXT,
    last_message    TEXT,
    -- For held: the event that has to move first. For settled and discarded: the event that settled it.
    held_by         TEXT,
    settled_by      TEXT,
    -- For synced: the sequence number on the service, and when the answer came.
    seq             INTEGER,
    acknowledged_at TEXT
) STRICT;

CREATE INDEX outbox_lane ON outbox (entity_kind, entity_id, lane_rank, local_seq)
    WHERE state IN ('pending', 'failed', 'conflict', 'held');
CREATE INDEX outbox_state ON outbox (state, lane_rank, local_seq);

-- The service's own answers, for the handshake and for healing a restored service.
CREATE TABLE receipts (
    event_id    TEXT PRIMARY KEY,
    outcome     TEXT NOT NULL,
    seq         INTEGER,
    store_id    TEXT NOT NULL,
    epoch       TEXT NOT NULL,
    received_at TEXT NOT NULL
) WITHOUT ROWID, STRICT;

-- One open conflict per entity. Before and Mine are computed from events; Theirs is kept here.
CREATE TABLE conflicts (
    entity_kind TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    since       TEXT NOT NULL,
    class       TEXT NOT NULL,
    paths       TEXT NOT NULL,
    theirs      TEXT NOT NULL,
    -- Choices of a decision that met a newer row: {path: {"side": ..., "theirs": value}}.
    choices     TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (entity_kind, entity_id)
) WITHOUT ROWID, STRICT;

-- The last row of each entity as the service had it, with its version.
CREATE TABLE mirror (
    entity_kind TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    version     INTEGER NOT NULL,
    row         TEXT NOT NULL,
    PRIMARY KEY (entity_kind, entity_id)
) WITHOUT ROWID, STRICT;

-- What merged by itself, for people to see.
CREATE TABLE merges (
    id          INTEGER PRIMARY KEY,
    entity_kind TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    -- How: 'merged' on the service, 'same' when both sides came to the same end.
    how         TEXT NOT NULL,
    at          TEXT NOT NULL
) STRICT;

-- The workflow's reference document: for a hotel its settings, people and bookings.
CREATE TABLE reference (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    version  INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
