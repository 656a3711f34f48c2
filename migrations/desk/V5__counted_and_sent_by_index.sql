-- How many outbox rows are in each state, kept by the rows themselves: counting 400,000 of them at each change would
-- take longer than the change. Whoever doubts it counts the rows (Engine::ledger_from_rows).
CREATE TABLE outbox_counts (
    state TEXT PRIMARY KEY,
    n     INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

INSERT INTO outbox_counts (state, n)
    SELECT s.column1, (SELECT count(*) FROM outbox o WHERE o.state = s.column1)
    FROM (VALUES ('pending'), ('synced'), ('failed'), ('conflict'), ('held'), ('settled'), ('discarded')) s;

CREATE TRIGGER outbox_counts_insert AFTER INSERT ON outbox
BEGIN UPDATE outbox_counts SET n = n + 1 WHERE state = NEW.state; END;
CREATE TRIGGER outbox_counts_update AFTER UPDATE OF state ON outbox WHEN OLD.state <> NEW.state
BEGIN
    UPDATE outbox_counts SET n = n - 1 WHERE state = OLD.state;
    UPDATE outbox_counts SET n = n + 1 WHERE state = NEW.state;
END;
CREATE TRIGGER outbox_counts_delete AFTER DELETE ON outbox
BEGIN UPDATE outbox_counts SET n = n - 1 WHERE state = OLD.state; END;

-- What is to be sent, in the order in which it is sent, with its lane: looked through without touching the rows.
DROP INDEX outbox_state;
CREATE INDEX outbox_to_send ON outbox (lane_rank, local_seq, entity_kind, entity_id) WHERE state = 'pending';
-- What cannot move by itself: few rows, whatever waits.
CREATE INDEX outbox_stopped ON outbox (local_seq) WHERE state IN ('failed', 'conflict', 'held');
