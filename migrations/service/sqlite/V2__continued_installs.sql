-- A desk that was restored or copied goes on under a new install: that one's chain begins where the desk stood, not at
-- zero.
ALTER TABLE installs ADD COLUMN begins_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE installs ADD COLUMN begins_hash BLOB NOT NULL DEFAULT (zeroblob(32));

-- Events whose outcome is not final: the service says up to where it needs nothing of a desk again.
CREATE INDEX events_unsettled ON events (install_n, local_seq)
    WHERE outcome NOT IN ('applied', 'merged', 'conflict', 'rejected', 'settled');
