-- When this desk was without its service, and why, for the report afterwards. What was recorded meanwhile is known by its
-- numbers; the times are for people.
CREATE TABLE outages (
    id        INTEGER PRIMARY KEY,
    began_at  TEXT NOT NULL,
    -- The last number recorded before it.
    after_seq INTEGER NOT NULL,
    -- The reason's code, as it was first known.
    code      TEXT NOT NULL,
    -- Absent while it lasts: when it ended, and the last number recorded in it.
    ended_at  TEXT,
    until_seq INTEGER
) STRICT;
