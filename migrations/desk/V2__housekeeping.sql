-- The hotel as this desk sees it: the service's rows with the waiting events applied. Everything here can be made
-- again from mirror, audit_local and outbox.

CREATE TABLE rooms_local (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    -- The room's own members as JSON (domain::Room).
    room        TEXT NOT NULL,
    -- Where this desk's newest edit stands: server, waiting, failed, conflict.
    local_state TEXT NOT NULL,
    -- Somebody's edit of it is in conflict, here or at another desk.
    contested   INTEGER NOT NULL,
    deleted     INTEGER NOT NULL DEFAULT 0,
    -- The revision in which it last changed; views ask for what is newer than theirs.
    revision    INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX rooms_local_revision ON rooms_local (revision);

CREATE TABLE tasks_local (
    room_id  TEXT NOT NULL,
    id       TEXT NOT NULL,
    -- The task's members as JSON (domain::Task).
    task     TEXT NOT NULL,
    PRIMARY KEY (room_id, id)
) WITHOUT ROWID, STRICT;

CREATE TABLE staff_local (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    role    TEXT NOT NULL,
    section TEXT
) WITHOUT ROWID, STRICT;
