-- Of rows that the outbox has let go: those that did not end as they were done. All others were taken as they were.
CREATE TABLE long_ago (
    local_seq INTEGER PRIMARY KEY,
    came_to   TEXT NOT NULL CHECK (came_to IN ('merged', 'settled', 'discarded'))
) STRICT;
