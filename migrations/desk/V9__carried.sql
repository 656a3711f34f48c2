-- Work of another desk of the property that was brought here in a file, to be sent in that desk's stead. None of it is in
-- this desk's outbox, record or ledger: it counts where it was made.

-- The files. What was brought is counted here, so that "40 of 40" outlives the rows.
CREATE TABLE carried_from (
    -- SHA-256 of the file's lines.
    hash        TEXT PRIMARY KEY,
    -- The install that wrote it, and what people call it.
    maker       TEXT NOT NULL,
    name        TEXT NOT NULL,
    exported_by TEXT NOT NULL,
    exported_at TEXT NOT NULL,
    -- The end of the maker's record then: of two files of one desk the longer record says the order.
    local_seq   INTEGER NOT NULL,
    -- Events that this file brought and no file before.
    brought     INTEGER NOT NULL,
    carried_by  TEXT NOT NULL,
    carried_at  TEXT NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE carried (
    event_id        TEXT PRIMARY KEY,
    maker           TEXT NOT NULL,
    entity_kind     TEXT NOT NULL,
    entity_id       TEXT NOT NULL,
    bytes           TEXT NOT NULL,
    hash            TEXT NOT NULL,
    -- The order in which the maker would have sent it.
    place           INTEGER NOT NULL,
    -- 'held' waits behind `held_by`, or, without one, for something that the service does not have yet.
    state           TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'synced', 'failed', 'conflict', 'held')),
    held_by         TEXT,
    -- It stands, and is sent once more all the same: what it came to may be decided. People go on seeing how it stands.
    again           INTEGER NOT NULL DEFAULT 0,
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- `attempts` counts requests that failed on this event alone.
    blamed          INTEGER NOT NULL DEFAULT 0,
    -- The service gave a final answer that was not an acknowledgement.
    answered        INTEGER NOT NULL DEFAULT 0,
    last_code       TEXT,
    last_message    TEXT,
    -- The service's answer, in which epoch, and on which day of this desk's uptime it came.
    seq             INTEGER,
    epoch           TEXT,
    acknowledged_at TEXT,
    acknowledged_day INTEGER
) STRICT;

CREATE INDEX carried_to_send ON carried (place, entity_kind, entity_id) WHERE state = 'pending' OR again = 1;
CREATE INDEX carried_open ON carried (entity_kind, entity_id, maker, place)
    WHERE state IN ('pending', 'failed', 'conflict', 'held');
CREATE INDEX carried_state ON carried (maker, state);
CREATE INDEX carried_by_seq ON carried (epoch, seq);
