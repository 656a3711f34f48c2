-- What of a lane cannot move by itself: found without going through all that waits in it.
CREATE INDEX outbox_stuck ON outbox (entity_kind, entity_id, local_seq) WHERE state IN ('failed', 'conflict');
