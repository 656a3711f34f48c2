-- What proves that a fact is what was written: a wrong bit in the name of the service, say, stops the sending for good, and
-- SQLite finds nothing wrong with the page. Absent where an older version wrote it.
ALTER TABLE sync_state ADD COLUMN sum TEXT;
